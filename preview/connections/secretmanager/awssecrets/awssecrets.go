// Package awssecrets fetches the secrets of stored connections from AWS Secrets
// Manager, of the sidecar's own account and region.
//
// The sidecar's own credentials are found as AWS's SDK finds them: environment,
// shared configuration, web identity, EKS Pod Identity, ECS, the instance. They need
// secretsmanager:GetSecretValue on the secrets below the prefix, and kms:Decrypt
// where a key of the customer's encrypts them.
package awssecrets

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	api "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"github.com/op-data/sqlpreview/preview/connections/secretmanager"
)

// Scheme is the scheme of references to AWS.
const Scheme = "aws"

// Config says what may be read.
type Config struct {
	// Region is the secrets' region. Default: as the SDK finds it (AWS_REGION).
	Region string
	// Prefix begins the names of all secrets that may be referred to. It must be
	// set, and ends with a slash.
	Prefix string
	// MaxAge is how long a secret is remembered, and Timeout how long fetching it may
	// take. Defaults: as in secretmanager.
	MaxAge, Timeout time.Duration
}

// New returns the source of references such as "aws:shop/database#password". It
// does not connect, and looks for credentials when the first secret is asked for.
func New(config Config) (*secretmanager.Source, error) {
	if err := secretmanager.CheckPrefix(strings.TrimPrefix(config.Prefix, "/"), "/"); err != nil {
		return nil, fmt.Errorf("awssecrets: the prefix: %w", err)
	}
	s := &store{region: config.Region, http: secretmanager.NewClient(nil)}
	options := secretmanager.Options{Scheme: Scheme, Prefix: config.Prefix, MaxAge: config.MaxAge, Timeout: config.Timeout}
	return secretmanager.New(s, options, s.http.CloseIdleConnections), nil
}

// store is a secretmanager.Store.
type store struct {
	region string
	http   *http.Client

	mu    sync.Mutex
	known *api.Client
}

// client returns the SDK's client, which keeps and renews credentials.
func (s *store) client(ctx context.Context) (*api.Client, error) {
	s.mu.Lock()
	known := s.known
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(s.http), config.WithRetryMaxAttempts(2), config.WithLogger(logging.Nop{}), config.WithClientLogMode(0),
	}
	if s.region != "" {
		options = append(options, config.WithRegion(s.region))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	switch {
	case err != nil:
		return nil, errors.New("the configuration of AWS's SDK cannot be used (environment or shared files)")
	case loaded.Region == "":
		return nil, errors.New("there is no region; set it here or in AWS_REGION")
	}
	made := api.NewFromConfig(loaded)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = made
	return made, nil
}

// Get implements secretmanager.Store.
func (s *store) Get(ctx context.Context, secret secretmanager.Secret) (string, error) {
	client, err := s.client(ctx)
	if err != nil {
		return "", err
	}
	request := &api.GetSecretValueInput{SecretId: aws.String(secret.Name)}
	if secret.Version != "" {
		request.VersionId = aws.String(secret.Version)
	}
	if secret.Stage != "" {
		request.VersionStage = aws.String(secret.Stage)
	}
	found, err := client.GetSecretValue(ctx, request)
	switch {
	case err != nil:
		return "", s.withoutText(err)
	case aws.ToString(found.Name) != secret.Name:
		return "", errors.New("the manager answered with another secret")
	case found.SecretString == nil:
		return "", errors.New("the secret is of bytes; it must be text")
	}
	return *found.SecretString, nil
}

// stale are the codes that say that the credentials are no longer good.
var stale = []string{"ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidSignatureException", "InvalidClientTokenId"}

// withoutText returns an error that leaves out the SDK's text, which names
// accounts and roles.
func (s *store) withoutText(err error) error {
	var code string
	var named smithy.APIError
	if errors.As(err, &named) {
		code = named.ErrorCode()
	}
	if slices.Contains(stale, code) { // shared files may hold others by now
		s.mu.Lock()
		s.known = nil
		s.mu.Unlock()
	}
	var answer *awshttp.ResponseError
	switch {
	case code == "ResourceNotFoundException":
		return secretmanager.ErrNotFound
	case code == "AccessDeniedException" || slices.Contains(stale, code):
		return secretmanager.StatusError(http.StatusForbidden, code)
	case code == "ThrottlingException":
		return secretmanager.StatusError(http.StatusTooManyRequests, code)
	case errors.As(err, &answer) && answer.HTTPStatusCode() >= 400:
		return secretmanager.StatusError(answer.HTTPStatusCode(), code)
	default:
		return secretmanager.NoAnswer(err)
	}
}
