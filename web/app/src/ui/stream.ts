import { noChange } from 'lit';
import { Directive, directive, type ElementPart } from 'lit/directive.js';

// Lit sets an object as a property at every render, the same one too; a video begins anew at each.
class Plays extends Directive {
  render(_stream: MediaStream | null): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [stream]: [MediaStream | null]): typeof noChange {
    const video = part.element as HTMLVideoElement;
    if (video.srcObject !== stream) video.srcObject = stream;
    return noChange;
  }
}

/** `<video ${plays(stream)}>` */
export const plays = directive(Plays);
