// npm `oidc-provider`, which is certified, with the clients that are given as `id=secret`. It tells where it listens, and then of every request
// by its name and status. POST /admin/revoke takes every token back that it has given.
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const clients = process.argv.slice(2).map((pair) => {
  const [client_id, client_secret] = pair.split('=')
  return { client_id, client_secret, grant_types: ['client_credentials'], response_types: [], redirect_uris: [] }
})
const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients,
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      devInteractions: { enabled: false },
    },
    ttl: { ClientCredentials: 60 },
  })
  const given = []
  provider.on('client_credentials.saved', (token) => given.push(token))
  provider.use(async (ctx, next) => {
    if (ctx.method === 'POST' && ctx.path === '/admin/revoke') {
      for (const token of given.splice(0)) await token.destroy()
      ctx.status = 204
      console.log('revoked all')
      return
    }
    await next()
    console.log(ctx.oidc?.route ?? ctx.path, ctx.status)
  })
  const answer = provider.callback()
  server.on('request', answer)
  console.log(issuer)
})
