import { html, nothing, type TemplateResult } from 'lit';
import { currentLocale } from '../i18n/index.js';
import { navigate } from '../router.js';
import { icon } from '../ui/icons.js';
import { loadStyle } from '../ui/style.js';
import { define, View } from '../ui/view.js';
import '../ui/header.js';
import { drawing } from './drawings.js';
import { Bench } from './kit/bench.js';
import { highlight } from './kit/highlight.js';
import { lessons, type Lesson } from './lessons.js';
import { t, translate } from './texts.js';

/** /learn: the lessons as cards. /learn/NAME: one of them, live, with its source beside it. */
class LearnPage extends View {
  #shown = '';
  #bench: Bench | null = null;
  #source = '';
  #failed = false;
  #locale = currentLocale();

  constructor() {
    super();
    // Not the attribute of this name, which would be a tooltip over all of the page.
    Object.defineProperty(this, 'title', { get: () => this.#title() });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#close();
    this.#shown = '';
  }

  protected override willUpdate(): void {
    const { route } = this.state;
    const name = route.page === 'lazy' ? route.path : '';
    if (name !== this.#shown) this.#open(name);
    if (this.#locale === currentLocale()) return;
    this.#locale = currentLocale();
    this.#bench?.relabel();
  }

  override render(): TemplateResult {
    const lesson = this.#lesson();
    return html`<parley-header></parley-header>${lesson ? this.#renderLesson(lesson) : this.#renderIndex()}`;
  }

  #title(): string {
    const lesson = this.#lesson();
    return `${lesson ? translate(lesson.title, {}) : t('title')} · Parley`;
  }

  #lesson(): Lesson | undefined {
    const { route } = this.state;
    return route.page === 'lazy' ? lessons.find(({ name }) => name === route.path) : undefined;
  }

  #renderIndex(): TemplateResult {
    return html`<main class="learn" id="main">
      <h1>${t('title')}</h1>
      <p class="learn-lead">${t('lead')}</p>
      ${this.#shown ? html`<p class="bench-problem" role="alert">${t('no-lesson')}</p>` : nothing}
      <ul class="lesson-cards">${lessons.map(({ name, drawing: picture, title, text }) => html`<li>
        <span class="lesson-mark">${drawing(picture)}</span>
        <h2><a href="/learn/${name}" @click=${follow}>${translate(title, {})}</a></h2>
        <p>${translate(text, {})}</p></li>`)}</ul>
    </main>`;
  }

  #renderLesson(lesson: Lesson): TemplateResult {
    const at = lessons.indexOf(lesson);
    return html`<main class="lesson" id="main" data-lesson=${lesson.name}>
      <header class="lesson-head">
        <a class="lesson-back" href="/learn" @click=${follow}>${icon('back')}${t('all')}</a>
        <h1>${translate(lesson.title, {})}</h1>
        <p class="learn-lead">${translate(lesson.text, {})}</p>
      </header>
      <section class="lesson-live" aria-label=${t('live')}>
        ${this.#failed ? html`<p class="bench-problem" role="alert">${t('failed')}</p>` : this.#bench?.place ?? nothing}
        <div class="lesson-look"><h2>${t('look')}</h2><p>${translate(lesson.look, {})}</p></div>
      </section>
      <section class="lesson-source" aria-labelledby="source-title">
        <h2 id="source-title">${t('source')} <code>${lesson.name}.ts</code></h2>
        <pre tabindex="0" role="group" aria-labelledby="source-title"><code>${highlight(this.#source)}</code></pre>
        <h2>${t('standard')}</h2>
        <ul class="lesson-links">${lesson.links.map(([name, url]) => html`<li><a href=${url} target="_blank" rel="noreferrer">${name}</a></li>`)}</ul>
      </section>
      <nav class="lesson-turn" aria-label=${t('others')}>${turn(lessons[at - 1], 'back')}${turn(lessons[at + 1], 'arrow')}</nav>
    </main>`;
  }

  #open(name: string): void {
    this.#close();
    this.#shown = name;
    const lesson = this.#lesson();
    if (!lesson) return;
    const bench = this.#bench = new Bench();
    lesson.load().then(([{ run }, { default: source }]) => {
      if (bench.closed) return;
      this.#source = source;
      run(bench);
      bench.relabel();
      this.requestUpdate();
    }, () => {
      if (bench.closed) return;
      this.#failed = true;
      this.requestUpdate();
    });
  }

  #close(): void {
    this.#bench?.close();
    this.#bench = null;
    this.#source = '';
    this.#failed = false;
  }
}

function turn(lesson: Lesson | undefined, way: 'back' | 'arrow'): TemplateResult {
  if (!lesson) return html`<span></span>`;
  return html`<a class="button" href="/learn/${lesson.name}" @click=${follow}>${way === 'back' ? icon(way) : nothing}<span>${translate(lesson.title, {})}</span>${way === 'arrow' ? icon(way) : nothing}</a>`;
}

function follow(event: MouseEvent): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  navigate((event.currentTarget as HTMLAnchorElement).href);
}

await loadStyle('learn/learn.css');
define('parley-learn', LearnPage);
