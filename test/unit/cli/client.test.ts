import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiUnreachable, apiClient } from '../../../cli/client.ts';

test('an HTTPS address where HTTP is spoken is named as such, in one line', async () => {
  const server = createServer((_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const refused = apiClient({ url: `https://127.0.0.1:${port}`, key: 'k' }).request('/api/runs');
    await expect(refused).rejects.toBeInstanceOf(ApiUnreachable);
    await expect(refused).rejects.toThrow(
      new RegExp(
        `^What listens at https://127.0.0.1:${port} does not speak HTTPS.* http://127.0.0.1:${port}: .*$`,
      ),
    );
  } finally {
    server.close();
  }
});
