import { describe, expect, it } from 'vitest';
import { isInScope } from '../../../../src/core/records/in_scope.ts';

describe('isInScope(remoteIP)', () => {
  it.each([
    ['9.255.255.255', true],
    ['10.0.0.0', false],
    ['10.255.255.255', false],
    ['11.0.0.0', true],
    ['172.15.255.255', true],
    ['172.16.0.0', false],
    ['172.31.255.255', false],
    ['172.32.0.0', true],
    ['192.167.255.255', true],
    ['192.168.0.0', false],
    ['192.168.255.255', false],
    ['192.169.0.0', true],
    ['169.253.255.255', true],
    ['169.254.0.0', false],
    ['169.254.255.255', false],
    ['169.255.0.0', true],
    ['126.255.255.255', true],
    ['127.0.0.0', false],
    ['127.255.255.255', false],
    ['128.0.0.0', true],
  ])('excludes the five ranges and nothing else: %s %s', (ip, answer) => {
    expect(isInScope(ip)).toBe(answer);
  });

  it.each(['0.0.0.0', '100.64.0.1', '203.0.113.77', '224.0.0.251', '255.255.255.255'])(
    'keeps what Kusto does not call private: %s',
    (ip) => {
      expect(isInScope(ip)).toBe(true);
    },
  );

  it.each([
    ['203.0.113.77/24', true],
    ['10.1.2.3/24', false],
    ['127.0.0.1/32', false],
    ['169.254.7.7/16', false],
    // Masked to 8.0.0.0, to 169.252.0.0 and to 64.0.0.0 first.
    ['10.1.2.3/6', true],
    ['169.254.7.7/14', true],
    ['127.0.0.1/2', true],
    ['203.0.113.77/0', true],
    ['203.0.113.77/33', false],
  ])('masks an address with a prefix first: %s %s', (ip, answer) => {
    expect(isInScope(ip)).toBe(answer);
  });

  it.each([
    '',
    '-',
    '2001:db8::1',
    '::1',
    '::ffff:203.0.113.77',
    '203.0.113',
    '203.0.113.256',
    ' 203.0.113.77',
    '203.0.113.77 ',
    'example.com',
    '3405803853',
  ])('is false for what is no IPv4 address: %j', (text) => {
    expect(isInScope(text)).toBe(false);
  });
});
