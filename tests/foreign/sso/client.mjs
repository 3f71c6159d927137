// npm `openid-client`, which is certified: everything that it checks of a provider, against the twin at the address that is given.
import assert from 'node:assert/strict'
import * as openid from 'openid-client'

const [issuer, id, secret] = process.argv.slice(2)
const how = { execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks] }
const known = (id, secret) => openid.discovery(new URL(issuer), id, secret, undefined, how)
const back = 'http://127.0.0.1:9/cb'

const refused = async (asking, error) => {
  await assert.rejects(asking, (no) => no.error === error || assert.fail(`${no}: ${no.error}`))
}

const config = await known(id, secret)

// An application's own token is good until it is given back.
const own = await openid.clientCredentialsGrant(config)
assert.equal(own.token_type, 'bearer')
const told = await openid.tokenIntrospection(config, own.access_token)
assert.deepEqual([told.active, told.sub, told.client_id], [true, id, id])
await openid.tokenRevocation(config, own.access_token)
assert.equal((await openid.tokenIntrospection(config, own.access_token)).active, false)

// A person signs in by a code with its proof; the identity token's signature is checked by the published keys.
const pkceCodeVerifier = openid.randomPKCECodeVerifier()
const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()]
const place = openid.buildAuthorizationUrl(config, {
  redirect_uri: back,
  scope: 'openid',
  code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  state: expectedState,
  nonce: expectedNonce,
})
const sent = await fetch(place, { redirect: 'manual' })
assert.equal(sent.status, 302)
const location = new URL(sent.headers.get('location'))
const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }
const person = await openid.authorizationCodeGrant(config, location, checks)
assert.equal(person.claims().sub, id)
assert.equal((await openid.fetchUserInfo(config, person.access_token, id)).sub, id)

// A refresh token is good once, and whoever uses it again ends the session.
const renewed = await openid.refreshTokenGrant(config, person.refresh_token)
await refused(openid.refreshTokenGrant(config, person.refresh_token), 'invalid_grant')
await refused(openid.refreshTokenGrant(config, renewed.refresh_token), 'invalid_grant')
assert.equal((await openid.tokenIntrospection(config, renewed.access_token)).active, false)

// By HTTP's own rules a 401 has a challenge, which this client tells of in its place.
const stranger = openid.clientCredentialsGrant(await known(id, 'wrong'))
await assert.rejects(stranger, (no) => no.status === 401 && no.code === 'OAUTH_WWW_AUTHENTICATE_CHALLENGE')
console.log('everything holds')
