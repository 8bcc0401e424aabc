import { SendEmailCommand, SESv2Client } from "@aws-sdk/client-sesv2";

/** Sends mail through Amazon SES, so that its feedback reaches the list. */
export class Sender {
  readonly #api = new SESv2Client();
  readonly #from: string;
  readonly #configurationSet: string;

  /**
   * Reads SES_FROM and SES_CONFIGURATION_SET; region, credentials and endpoint (AWS_ENDPOINT_URL, for a
   * stand-in) are the SDK's own.
   */
  constructor({ SES_FROM, SES_CONFIGURATION_SET }: NodeJS.ProcessEnv = process.env) {
    if (!SES_FROM || !SES_CONFIGURATION_SET) {
      throw new Error("set SES_FROM and SES_CONFIGURATION_SET");
    }
    this.#from = SES_FROM;
    // Where SES publishes bounces and complaints to. Mail that is sent without it teaches the list nothing.
    this.#configurationSet = SES_CONFIGURATION_SET;
  }

  /** Sends one text to one recipient. */
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
