/** The first of the features: none of the others is shown before it has its looks. */
import { loadStyle } from '../ui/style.js';

await loadStyle('features/features.css');
