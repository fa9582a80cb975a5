/** Takes out of a diagnostic report what must not be given away. */

const IPV4 = /(?<![\d./])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)/g;
const IPV6 = /(?<![0-9a-z:.])(?:[0-9a-f]{1,4}:){2,7}[0-9a-f]{1,4}(?![0-9a-z:])|(?<![0-9a-z:.])(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?(?![0-9a-z:])/gi;
const MDNS = /[0-9a-f]{8}-[0-9a-f-]{27}\.local/gi;

/** Each address becomes a name that stays the same, so that one can still see what belongs together. */
export class AddressMask {
  readonly #names = new Map<string, string>();

  /** A copy of a value of JSON without addresses. */
  of<T>(value: T): T {
    if (typeof value === 'string') return this.#text(value) as T;
    if (Array.isArray(value)) return value.map((entry: unknown) => this.of(entry)) as T;
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, this.of(entry as unknown)])) as T;
  }

  #text(text: string): string {
    const name = (kind: string) => (address: string): string => this.#name(kind, address);
    return text.replace(MDNS, name('name')).replace(IPV4, (address) => (harmless(address) ? address : this.#name('ipv4', address)))
      .replace(IPV6, (address) => (address === '::' || isFingerprint(address) ? address : this.#name('ipv6', address)));
  }

  #name(kind: string, address: string): string {
    const key = address.toLowerCase();
    let name = this.#names.get(key);
    if (!name) this.#names.set(key, (name = `${kind}-${this.#names.size + 1}`));
    return name;
  }
}

/** What SDP says where there is no address, and what everybody has. */
function harmless(address: string): boolean {
  return address === '0.0.0.0' || address === '127.0.0.1';
}

/** Part of a certificate's fingerprint: pairs of digits only. */
function isFingerprint(text: string): boolean {
  return !text.includes('::') && text.split(':').every((group) => group.length === 2);
}

/** SDP without the password of ICE, which lets others take part in the connection. */
export function withoutPassword(sdp: string): string {
  return sdp.replace(/^a=ice-pwd:.*$/gm, 'a=ice-pwd:removed');
}

/** The configuration without user names and credentials. */
export function withoutCredentials(configuration: RTCConfiguration): object {
  return {
    ...Object.fromEntries(Object.entries(configuration).filter(([, value]) => typeof value !== 'object')),
    iceServers: (configuration.iceServers ?? []).map(({ urls, username }) => ({ urls, ...(username ? { username: 'removed', credential: 'removed' } : {}) })),
  };
}
