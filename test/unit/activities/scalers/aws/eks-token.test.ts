import { jest } from '@jest/globals';
import { eksToken } from '../../../../../activities/scalers/aws/_eks-token.ts';

const credentials = async () => ({
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'session/token+1=',
});

/** The URL within a token made at noon. */
async function urlOf(region: string, partition: string): Promise<URL> {
  jest.useFakeTimers({ now: Date.parse('2026-06-06T12:00:00Z'), doNotFake: ['nextTick', 'setImmediate'] });
  try {
    const config = { region: async () => region, credentials };
    const client = { config } as unknown as Parameters<typeof eksToken>[0];
    const { value, usableUntilMs } = await eksToken(client, 'weddings', partition);
    expect(new Date(usableUntilMs).toISOString()).toBe('2026-06-06T12:14:00.000Z');
    expect(value).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
    return new URL(Buffer.from(value.slice('k8s-aws-v1.'.length), 'base64url').toString());
  } finally {
    jest.useRealTimers();
  }
}

describe('a token of EKS', () => {
  test('is the URL that botocore signs for the same cluster, credentials and time', async () => {
    const url = await urlOf('eu-west-1', 'aws');
    expect(url.origin + url.pathname).toBe('https://sts.eu-west-1.amazonaws.com/');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      Action: 'GetCallerIdentity',
      Version: '2011-06-15',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIDEXAMPLE/20260606/eu-west-1/sts/aws4_request',
      'X-Amz-Date': '20260606T120000Z',
      'X-Amz-Expires': '60',
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
      'X-Amz-Security-Token': 'session/token+1=',
      // Made by botocore 1.43.11, RequestSigner.generate_presigned_url, as `aws eks get-token` calls it.
      'X-Amz-Signature': '0bfcddbf05b7dc86afb4da91b4532f814bd9e07fd5632cb775e70b44f22f26e0',
    });
  });

  test('names the domain of China there', async () => {
    expect((await urlOf('cn-north-1', 'aws-cn')).hostname).toBe('sts.cn-north-1.amazonaws.com.cn');
  });
});
