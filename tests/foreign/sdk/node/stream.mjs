// npm `dingtalk-stream`, with nothing of it changed: it opens a stream at the hosts in its code, and says in lines of JSON what it hears. Its
// requests find the office's proxy in the environment; its WebSocket does not look there, and takes options, in which an agent may stand.
import { DWClient, TOPIC_ROBOT } from 'dingtalk-stream'
import HttpsProxyAgent from 'https-proxy-agent'

const [clientId, clientSecret] = process.argv.slice(2)
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n')

const client = new DWClient({ clientId, clientSecret })
client.sslopts.agent = new HttpsProxyAgent(process.env.HTTPS_PROXY)
client.registerCallbackListener(TOPIC_ROBOT, (message) => {
  say({ text: JSON.parse(message.data).text.content })
  client.socketCallBackResponse(message.headers.messageId, {})
})

// What the SDK says of a no: its own words, or the answer that it has.
const tries = async (asking) => {
  try {
    return await asking()
  } catch (error) {
    say({ refused: error.response?.data ?? error.message })
  }
}

const token = await tries(() => client.getAccessToken())
if (token) say({ token })
if (await tries(() => client.getEndpoint())) {
  await client.connect()
  say({ connected: client.connected })
}
