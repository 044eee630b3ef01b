import { request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import type { Certificate } from '../lib/certificate.ts'

/** Whether a server on that port passes on what the origin has. */
export function isServing(port: number, tls: Certificate | undefined): Promise<boolean> {
  const request = tls === undefined ? requestPlain : requestTls
  return new Promise((resolve, reject) => {
    const options = {
      port,
      host: '127.0.0.1',
      path: '/api/status',
      agent: false,
      rejectUnauthorized: false,
      timeout: 2000
    }
    const sent = request(options, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    sent.on('timeout', () => sent.destroy(new Error('timeout')))
    sent.on('error', reject)
    sent.end()
  })
}
