import { openTexts } from '../i18n/index.js';
import { en } from './texts/en.js';

export type Key = keyof typeof en;

export const { t, translate } = await openTexts(en, (locale) => import(`./texts/${locale}.ts`));
