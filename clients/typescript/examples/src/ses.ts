import { SendEmailCommand, SESv2Client } from "@aws-sdk/client-sesv2";

/** Sends mail through Amazon SES with a configuration set, so that SES reports bounces and complaints. */
export class Sender {
  readonly #api = new SESv2Client();
  readonly #from: string;
  readonly #configurationSet: string;

  /**
   * Reads SES_FROM and SES_CONFIGURATION_SET. The SDK reads the region, the credentials and the endpoint
   * (AWS_ENDPOINT_URL, for a local SES emulator).
   */
  constructor({ SES_FROM, SES_CONFIGURATION_SET }: NodeJS.ProcessEnv = process.env) {
    if (!SES_FROM || !SES_CONFIGURATION_SET) {
      throw new Error("set SES_FROM and SES_CONFIGURATION_SET");
    }
    this.#from = SES_FROM;
    // The set publishes bounces and complaints. SES reports nothing about mail that is sent without it.
    this.#configurationSet = SES_CONFIGURATION_SET;
  }

  /** Sends a text mail to one recipient. */
  async send(to: string, subject: string, text: string): Promise<void> {
    const command = new SendEmailCommand({
      FromEmailAddress: this.#from,
      ConfigurationSetName: this.#configurationSet,
      Destination: { ToAddresses: [to] },
      Content: { Simple: { Subject: { Data: subject }, Body: { Text: { Data: text } } } },
    });
    await this.#api.send(command);
  }
}
