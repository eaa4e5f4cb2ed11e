/** What is written to people: in Russian, short, and the same on every repeat. */
import type { MailSendNotice } from '@vestnik/contracts'

export interface Letter {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** The mail with a one-time code, as existing mail senders write it. Takes six digits only. */
export function codeLetter(digits: string): Letter {
  return {
    subject: 'Ваш одноразовый код',
    text: `Ваш код: ${digits}`,
    html: `Ваш код: <b>${digits}</b>`,
  }
}

/** Tells the owner of an address what happened to their account. */
export function noticeLetter(kind: MailSendNotice['kind']): Letter {
  const { subject, lines } = notices[kind]
  return { subject, text: lines.join('\n'), html: lines.map((line) => `<p>${line}</p>`).join('\n') }
}

const notices: Readonly<
  Record<MailSendNotice['kind'], { readonly subject: string; readonly lines: readonly string[] }>
> = {
  'password-changed': {
    subject: 'Ваш пароль изменён',
    lines: [
      'Пароль вашей учётной записи был изменён, и на других устройствах вход завершён.',
      'Если это были не вы, сразу восстановите пароль.',
    ],
  },
  'address-taken': {
    subject: 'Попытка регистрации с вашим адресом',
    lines: [
      'Кто-то попытался зарегистрироваться с вашим адресом, но учётная запись с ним уже есть.',
      'Если это были вы, войдите или восстановите пароль. Если нет, ничего делать не нужно.',
    ],
  },
}
