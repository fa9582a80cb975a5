/** The few words of the element, in the languages of the app. */

export interface Texts {
  join: string; joining: string; rejoin: string; retry: string; waiting: string; lobby: string; you: string; guest: string;
  microphone: string; camera: string; screen: string; leave: string; hear: string; reconnecting: string; connecting: string;
  direct: string; relay: string; ended: string; full: string; unreachable: string; refused: string; browser: string; noRoom: string;
}

const texts: Readonly<Record<string, Texts>> = {
  en: {
    join: 'Join the call', joining: 'Joining…', rejoin: 'Join again', retry: 'Try again', waiting: 'Nobody else is here yet',
    lobby: 'You will be let in soon', you: 'You', guest: 'Guest', microphone: 'Microphone', camera: 'Camera', screen: 'Share screen',
    leave: 'Leave', hear: 'Click to hear the others', reconnecting: 'Reconnecting…', connecting: 'Connecting…', direct: 'Direct', relay: 'Relayed',
    ended: 'The call has ended', full: 'The room is full', unreachable: 'The server cannot be reached', refused: 'You could not enter this room',
    browser: 'This browser is too old for calls', noRoom: 'This call has no room',
  },
  ru: {
    join: 'Войти в звонок', joining: 'Входим…', rejoin: 'Войти снова', retry: 'Попробовать снова', waiting: 'Здесь пока никого нет',
    lobby: 'Скоро вас впустят', you: 'Вы', guest: 'Гость', microphone: 'Микрофон', camera: 'Камера', screen: 'Показать экран',
    leave: 'Выйти', hear: 'Нажмите, чтобы слышать других', reconnecting: 'Восстанавливаем связь…', connecting: 'Соединяем…', direct: 'Напрямую', relay: 'Через сервер',
    ended: 'Звонок завершён', full: 'Комната заполнена', unreachable: 'Сервер недоступен', refused: 'Войти в эту комнату не удалось',
    browser: 'Этот браузер слишком стар для звонков', noRoom: 'У этого звонка нет комнаты',
  },
  de: {
    join: 'Am Anruf teilnehmen', joining: 'Verbinden…', rejoin: 'Wieder teilnehmen', retry: 'Noch einmal versuchen', waiting: 'Noch ist niemand hier',
    lobby: 'Sie werden gleich eingelassen', you: 'Sie', guest: 'Gast', microphone: 'Mikrofon', camera: 'Kamera', screen: 'Bildschirm teilen',
    leave: 'Verlassen', hear: 'Klicken, um die anderen zu hören', reconnecting: 'Verbindung wird wiederhergestellt…', connecting: 'Verbinden…', direct: 'Direkt', relay: 'Über Server',
    ended: 'Der Anruf ist beendet', full: 'Der Raum ist voll', unreachable: 'Der Server ist nicht erreichbar', refused: 'Sie konnten diesen Raum nicht betreten',
    browser: 'Dieser Browser ist zu alt für Anrufe', noRoom: 'Dieser Anruf hat keinen Raum',
  },
  es: {
    join: 'Entrar en la llamada', joining: 'Entrando…', rejoin: 'Volver a entrar', retry: 'Intentar de nuevo', waiting: 'Todavía no hay nadie más',
    lobby: 'Pronto te dejarán entrar', you: 'Tú', guest: 'Invitado', microphone: 'Micrófono', camera: 'Cámara', screen: 'Compartir pantalla',
    leave: 'Salir', hear: 'Pulsa para oír a los demás', reconnecting: 'Reconectando…', connecting: 'Conectando…', direct: 'Directo', relay: 'Por el servidor',
    ended: 'La llamada ha terminado', full: 'La sala está llena', unreachable: 'No se puede contactar con el servidor', refused: 'No has podido entrar en esta sala',
    browser: 'Este navegador es demasiado antiguo para llamadas', noRoom: 'Esta llamada no tiene sala',
  },
  fr: {
    join: "Rejoindre l'appel", joining: 'Connexion…', rejoin: 'Rejoindre à nouveau', retry: 'Réessayer', waiting: "Personne d'autre n'est encore là",
    lobby: 'On va bientôt vous faire entrer', you: 'Vous', guest: 'Invité', microphone: 'Micro', camera: 'Caméra', screen: "Partager l'écran",
    leave: 'Quitter', hear: 'Cliquez pour entendre les autres', reconnecting: 'Reconnexion…', connecting: 'Connexion…', direct: 'Direct', relay: 'Par le serveur',
    ended: "L'appel est terminé", full: 'La salle est pleine', unreachable: 'Le serveur est injoignable', refused: "Vous n'avez pas pu entrer dans cette salle",
    browser: 'Ce navigateur est trop ancien pour les appels', noRoom: "Cet appel n'a pas de salle",
  },
  pl: {
    join: 'Dołącz do rozmowy', joining: 'Dołączanie…', rejoin: 'Dołącz ponownie', retry: 'Spróbuj ponownie', waiting: 'Nikogo tu jeszcze nie ma',
    lobby: 'Zaraz ktoś Cię wpuści', you: 'Ty', guest: 'Gość', microphone: 'Mikrofon', camera: 'Kamera', screen: 'Udostępnij ekran',
    leave: 'Wyjdź', hear: 'Kliknij, aby słyszeć innych', reconnecting: 'Ponowne łączenie…', connecting: 'Łączenie…', direct: 'Bezpośrednio', relay: 'Przez serwer',
    ended: 'Rozmowa się zakończyła', full: 'Pokój jest pełny', unreachable: 'Nie można połączyć się z serwerem', refused: 'Nie udało się wejść do tego pokoju',
    browser: 'Ta przeglądarka jest za stara na rozmowy', noRoom: 'Ta rozmowa nie ma pokoju',
  },
  pt: {
    join: 'Entrar na chamada', joining: 'Entrando…', rejoin: 'Entrar de novo', retry: 'Tentar de novo', waiting: 'Ainda não há mais ninguém aqui',
    lobby: 'Logo você poderá entrar', you: 'Você', guest: 'Convidado', microphone: 'Microfone', camera: 'Câmera', screen: 'Compartilhar tela',
    leave: 'Sair', hear: 'Clique para ouvir os outros', reconnecting: 'Reconectando…', connecting: 'Conectando…', direct: 'Direto', relay: 'Pelo servidor',
    ended: 'A chamada terminou', full: 'A sala está cheia', unreachable: 'Não foi possível contatar o servidor', refused: 'Não foi possível entrar nesta sala',
    browser: 'Este navegador é antigo demais para chamadas', noRoom: 'Esta chamada não tem sala',
  },
  tr: {
    join: 'Görüşmeye katıl', joining: 'Katılıyor…', rejoin: 'Yeniden katıl', retry: 'Yeniden dene', waiting: 'Henüz başka kimse yok',
    lobby: 'Birazdan içeri alınacaksınız', you: 'Siz', guest: 'Konuk', microphone: 'Mikrofon', camera: 'Kamera', screen: 'Ekranı paylaş',
    leave: 'Ayrıl', hear: 'Diğerlerini duymak için tıklayın', reconnecting: 'Yeniden bağlanıyor…', connecting: 'Bağlanıyor…', direct: 'Doğrudan', relay: 'Sunucu üzerinden',
    ended: 'Görüşme sona erdi', full: 'Oda dolu', unreachable: 'Sunucuya ulaşılamıyor', refused: 'Bu odaya giremediniz',
    browser: 'Bu tarayıcı görüşmeler için çok eski', noRoom: 'Bu görüşmenin odası yok',
  },
  uk: {
    join: 'Увійти до дзвінка', joining: 'Входимо…', rejoin: 'Увійти знову', retry: 'Спробувати знову', waiting: 'Тут поки нікого немає',
    lobby: 'Незабаром вас впустять', you: 'Ви', guest: 'Гість', microphone: 'Мікрофон', camera: 'Камера', screen: 'Показати екран',
    leave: 'Вийти', hear: 'Натисніть, щоб чути інших', reconnecting: "Відновлюємо зв'язок…", connecting: "З'єднуємо…", direct: 'Напряму', relay: 'Через сервер',
    ended: 'Дзвінок завершено', full: 'Кімната заповнена', unreachable: 'Сервер недоступний', refused: 'Увійти до цієї кімнати не вдалося',
    browser: 'Цей браузер застарий для дзвінків', noRoom: 'У цього дзвінка немає кімнати',
  },
  zh: {
    join: '加入通话', joining: '正在加入…', rejoin: '重新加入', retry: '重试', waiting: '还没有其他人',
    lobby: '很快会有人让您进入', you: '您', guest: '访客', microphone: '麦克风', camera: '摄像头', screen: '共享屏幕',
    leave: '离开', hear: '点击以听到其他人', reconnecting: '正在重新连接…', connecting: '正在连接…', direct: '直连', relay: '经服务器中转',
    ended: '通话已结束', full: '房间已满', unreachable: '无法连接服务器', refused: '您无法进入此房间',
    browser: '此浏览器太旧，无法通话', noRoom: '此通话没有房间',
  },
};

/** The texts for the first of the wanted languages that there is, else English. */
export function textsFor(wanted: readonly string[]): Texts {
  for (const tag of wanted) {
    const found = texts[tag.toLowerCase().split('-')[0] ?? ''];
    if (found) return found;
  }
  return texts['en'] as Texts;
}

/** For the tests. */
export const languages = texts;
