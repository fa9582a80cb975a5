import { svg, type SVGTemplateResult } from 'lit';

/** Two people in two windows, and the line between them that goes through nobody else. */
export function artwork(): SVGTemplateResult {
  return svg`<svg class="artwork" viewBox="0 0 560 440" focusable="false">
    <g class="art-back">
      <circle cx="292" cy="214" r="196"/>
      <circle cx="292" cy="214" r="142"/>
      <circle cx="292" cy="214" r="88"/>
    </g>
    <g class="art-tile art-a">
      <rect x="34" y="52" width="292" height="200" rx="24"/>
      <clipPath id="art-clip-a"><rect x="38" y="56" width="284" height="192" rx="20"/></clipPath>
      <g clip-path="url(#art-clip-a)">
        <circle class="art-sun" cx="272" cy="96" r="54"/>
        <path class="art-body" d="M84 262c4-58 42-86 96-86s92 28 96 86z"/>
        <circle class="art-head" cx="180" cy="132" r="42"/>
      </g>
    </g>
    <g class="art-tile art-b">
      <rect x="290" y="206" width="236" height="172" rx="24"/>
      <clipPath id="art-clip-b"><rect x="294" y="210" width="228" height="164" rx="20"/></clipPath>
      <g clip-path="url(#art-clip-b)">
        <circle class="art-sun" cx="318" cy="356" r="60"/>
        <path class="art-body" d="M330 388c3-50 34-74 78-74s75 24 78 74z"/>
        <circle class="art-head" cx="408" cy="276" r="35"/>
      </g>
    </g>
    <path class="art-line" d="M330 118c74-6 112 24 116 84"/>
    <circle class="art-dot" cx="328" cy="118" r="5"/>
    <circle class="art-dot" cx="446" cy="204" r="5"/>
    <g class="art-voice" transform="translate(56 92)">
      <rect x="0" y="-4" width="5" height="8" rx="2.5"/><rect x="9" y="-10" width="5" height="20" rx="2.5"/>
      <rect x="18" y="-7" width="5" height="14" rx="2.5"/><rect x="27" y="-12" width="5" height="24" rx="2.5"/>
      <rect x="36" y="-5" width="5" height="10" rx="2.5"/>
    </g>
    <g class="art-chip" transform="translate(392 88)">
      <rect width="148" height="40" rx="20"/>
      <circle cx="22" cy="20" r="5"/>
      <rect class="art-bar" x="38" y="16" width="62" height="8" rx="4"/><rect class="art-bar faint" x="106" y="16" width="24" height="8" rx="4"/>
    </g>
  </svg>`;
}
