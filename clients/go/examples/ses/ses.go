// Package ses sends mail through Amazon SES with a configuration set, so that SES reports bounces and
// complaints to the suppression service.
package ses

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

// Sender sends mail from one address through one configuration set.
type Sender struct {
	From string
	// ConfigurationSet is the configuration set that publishes bounces and complaints. SES reports
	// nothing about mail that is sent without it.
	ConfigurationSet string

	api *sesv2.Client
}

// FromEnvironment reads SES_FROM and SES_CONFIGURATION_SET. The SDK reads the region, the credentials
// and the endpoint (AWS_ENDPOINT_URL, for a local SES emulator).
func FromEnvironment(ctx context.Context) (*Sender, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	sender := &Sender{
		From: os.Getenv("SES_FROM"), ConfigurationSet: os.Getenv("SES_CONFIGURATION_SET"),
		api: sesv2.NewFromConfig(settings),
	}
	if sender.From == "" || sender.ConfigurationSet == "" {
		return nil, fmt.Errorf("set SES_FROM and SES_CONFIGURATION_SET")
	}
	return sender, nil
}

// Send sends a text mail to one recipient.
func (s *Sender) Send(ctx context.Context, to, subject, text string) error {
	_, err := s.api.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress:     &s.From,
		ConfigurationSetName: &s.ConfigurationSet,
		Destination:          &types.Destination{ToAddresses: []string{to}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: content(subject),
			Body:    &types.Body{Text: content(text)},
		}},
	})
	return err
}

func content(text string) *types.Content {
	return &types.Content{Data: aws.String(text), Charset: aws.String("UTF-8")}
}
