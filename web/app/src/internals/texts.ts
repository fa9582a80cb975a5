import { openTexts } from '../i18n/index.js';
import { en } from './texts/en.js';

export const { t } = await openTexts(en, (locale) => import(`./texts/${locale}.ts`));
