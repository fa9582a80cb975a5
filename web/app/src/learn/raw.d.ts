/** The text of a file, put in by build.mjs. */
declare module '*?raw' {
  const text: string;
  export default text;
}
