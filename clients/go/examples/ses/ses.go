// Package ses sends mail through Amazon SES, so that its feedback reaches the list.
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
	// ConfigurationSet is where SES publishes bounces and complaints to. Mail that is sent without it
	// teaches the list nothing.
	ConfigurationSet string

	api *sesv2.Client
}

// FromEnvironment reads SES_FROM and SES_CONFIGURATION_SET; region, credentials and endpoint
// (AWS_ENDPOINT_URL, for a stand-in) are the SDK's own.
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

// Send sends one text to one recipient.
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
