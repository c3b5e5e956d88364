import { minute } from '../render/format.ts';
import { paintFor, table } from '../render/style.ts';
import { EXIT, printResult, type Session } from '../session.ts';

interface Key {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: string;
}

/** Makes a key for some scopes; it is printed this once and stored nowhere readable. */
export async function createKey(
  session: Session,
  options: { readonly name: string; readonly scope: readonly string[] },
): Promise<number> {
  const body = { name: options.name, scopes: options.scope };
  const answer = await session.api.request<{ id: string; key: string }>('/api/keys', {
    method: 'POST',
    body,
  });
  printResult(session, answer, (out) => out.write(`${answer.id}, shown only this once: ${answer.key}\n`));
  return EXIT.ok;
}

/** Prints the keys in force. */
export async function listKeys(session: Session): Promise<number> {
  const answer = await session.api.request<{ keys: readonly Key[] }>('/api/keys');
  const columns = [{ head: 'key' }, { head: 'name' }, { head: 'scopes' }, { head: 'made' }];
  const rows = answer.keys.map(({ id, name, scopes, createdAt }) => {
    return [id, name, scopes.join(', '), minute(createdAt)];
  });
  printResult(session, answer, (out) => out.write(table(columns, rows, paintFor(out))));
  return EXIT.ok;
}

/** Ends a key. */
export async function revokeKey(session: Session, id: string): Promise<number> {
  await session.api.request(`/api/keys/${encodeURIComponent(id)}`, { method: 'DELETE' });
  printResult(session, { id, revoked: true }, (out) => out.write(`Key ${id} is revoked.\n`));
  return EXIT.ok;
}
