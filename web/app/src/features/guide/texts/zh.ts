import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'alt.chrome': '在 Chrome 中，点击网址左侧的图标会打开一个列表，其中摄像头和麦克风各有一个开关。',
  'alt.edge': '在 Edge 中，点击网址左侧的锁形图标会打开一个列表，其中摄像头和麦克风各有一个开关。',
  'alt.firefox': '在 Firefox 中，点击网址左侧划了斜线的摄像头会打开一个列表；点击每一项后面的叉号即可取消阻止。',
  'alt.safari': 'Safari 菜单中有此网站的设置，摄像头和麦克风各有一个选项。',
  'alt.android': '点按网址左侧的图标会打开网页的权限，其中摄像头和麦克风各有一个开关。',
  'alt.ios': '点按网址左侧的图标会打开网站设置，其中有摄像头和麦克风。',
  'alt.windows-settings': 'Windows 设置中的隐私页面，设备、所有应用和浏览器各有开关。',
  'alt.macos-settings': 'macOS 设置中的隐私页面，其中有浏览器的开关。',
  'alt.android-settings': '手机应用列表中的浏览器，以及它的摄像头和麦克风权限。',
  'alt.ios-settings': '手机设置中的浏览器，其中有摄像头和麦克风的开关。',
  'steps.windows': '打开“设置”，进入“隐私和安全性”。\n选择“摄像头”或“麦克风”，并允许访问。\n同时允许桌面应用访问。',
  'steps.macos': '打开“系统设置”，进入“隐私与安全性”。\n选择“摄像头”“麦克风”或“屏幕录制”，打开浏览器的开关。\n重启浏览器。',
  'steps.android': '打开“设置”，进入“应用”，选择浏览器。\n打开“权限”，允许使用摄像头和麦克风。',
  'steps.ios': '打开“设置”，选择浏览器。\n打开摄像头和麦克风的开关。',
  'still': '还是不行？可能被系统阻止了',
};
