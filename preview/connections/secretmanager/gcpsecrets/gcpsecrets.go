// Package gcpsecrets fetches the secrets of stored connections from Google Cloud
// Secret Manager, of one project, over its REST interface.
//
// The sidecar's own credentials are Google's application default credentials:
// GOOGLE_APPLICATION_CREDENTIALS, workload identity (federation), the metadata
// server. They need the role roles/secretmanager.secretAccessor on the secrets.
package gcpsecrets

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"time"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"
	"cloud.google.com/go/auth/httptransport"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	api "google.golang.org/api/secretmanager/v1"

	"github.com/op-data/sqlpreview/preview/connections/secretmanager"
)

// Scheme is the scheme of references to Google Cloud.
const Scheme = "gcp"

// Config says what may be read.
type Config struct {
	// Project is the id or the number of the secrets' project. It must be set.
	Project string
	// Location is the location of regional secrets. Default: global secrets.
	Location string
	// Endpoint is https://HOST of a private endpoint. Default: Google's, the
	// location's where there is one.
	Endpoint string
	// Prefix begins the ids of all secrets that may be referred to. It must be set,
	// and ends with one of -_, since ids have no slashes.
	Prefix string
	// MaxAge is how long a secret is remembered, and Timeout how long fetching it may
	// take. Defaults: as in secretmanager.
	MaxAge, Timeout time.Duration
}

var (
	projectForm  = regexp.MustCompile(`^([a-z0-9.-]{1,63}:)?[a-z0-9-]{1,63}$`) // a domain may stand before an id
	locationForm = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)
	idForm       = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)
)

// New returns the source of references such as "gcp:shop-database#password", or
// every fault of config. It does not connect, and looks for credentials when the
// first secret is asked for.
func New(config Config) (*secretmanager.Source, error) {
	var faults []error
	if !projectForm.MatchString(config.Project) {
		faults = append(faults, errors.New("gcpsecrets: the project must be the id or the number of one"))
	}
	if config.Location != "" && !locationForm.MatchString(config.Location) {
		faults = append(faults, errors.New("gcpsecrets: the location must be the name of one, as in europe-west3"))
	}
	if address, err := url.Parse(config.Endpoint); config.Endpoint != "" &&
		(err != nil || address.Host == "" || address.User != nil || address.RawQuery != "" || !secretmanager.PlainAllowed(address)) {
		faults = append(faults, errors.New("gcpsecrets: the endpoint must be https://HOST"))
	}
	if err := secretmanager.CheckPrefix(config.Prefix, "-_"); err != nil {
		faults = append(faults, fmt.Errorf("gcpsecrets: the prefix: %w", err))
	} else if !idForm.MatchString(config.Prefix) {
		faults = append(faults, errors.New("gcpsecrets: the prefix must be of letters, digits, - and _"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	s := &store{config: config, http: secretmanager.NewClient(nil)}
	options := secretmanager.Options{Scheme: Scheme, Prefix: config.Prefix, MaxAge: config.MaxAge, Timeout: config.Timeout}
	return secretmanager.New(s, options, s.http.CloseIdleConnections), nil
}

// store is a secretmanager.Store.
type store struct {
	config Config
	http   *http.Client

	mu    sync.Mutex
	known *api.Service
}

// service returns Google's client, which keeps and renews a token.
func (s *store) service(ctx context.Context) (*api.Service, error) {
	s.mu.Lock()
	known := s.known
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	// Google's libraries log requests, tokens included, where an environment
	// variable says so; this logger keeps them from it.
	silent := slog.New(slog.DiscardHandler)
	found, err := credentials.DetectDefault(&credentials.DetectOptions{
		Scopes: []string{api.CloudPlatformScope}, Client: s.http, Logger: silent, DisableAsyncRefresh: true,
	})
	if err != nil {
		return nil, errors.New("there are no application default credentials, or they cannot be used")
	}
	authorized := *s.http
	if err := httptransport.AddAuthorizationMiddleware(&authorized, found); err != nil {
		return nil, errors.New("the application default credentials cannot be used")
	}
	options := []option.ClientOption{option.WithHTTPClient(&authorized), option.WithLogger(silent), option.WithTelemetryDisabled()}
	switch {
	case s.config.Endpoint != "":
		options = append(options, option.WithEndpoint(s.config.Endpoint))
	case s.config.Location != "":
		options = append(options, option.WithEndpoint("https://secretmanager."+s.config.Location+".rep.googleapis.com"))
	}
	made, err := api.NewService(ctx, options...)
	if err != nil {
		return nil, errors.New("the library does not take the endpoint or an environment variable of Google's")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = made
	return made, nil
}

// Get implements secretmanager.Store.
func (s *store) Get(ctx context.Context, secret secretmanager.Secret) (string, error) {
	version := secret.Version
	if version == "" {
		version = "latest"
	}
	switch {
	case secret.Stage != "":
		return "", errors.New("Google Cloud's secrets have no stages; write ?version=, which may be an alias") //nolint:staticcheck // a name
	case !idForm.MatchString(secret.Name) || !idForm.MatchString(version):
		return "", errors.New("ids and versions of Google Cloud's secrets are of letters, digits, - and _")
	}
	service, err := s.service(ctx)
	if err != nil {
		return "", err
	}
	var found *api.AccessSecretVersionResponse
	if s.config.Location == "" {
		name := "projects/" + s.config.Project + "/secrets/" + secret.Name + "/versions/" + version
		found, err = service.Projects.Secrets.Versions.Access(name).Context(ctx).Do()
	} else {
		name := "projects/" + s.config.Project + "/locations/" + s.config.Location + "/secrets/" + secret.Name + "/versions/" + version
		found, err = service.Projects.Locations.Secrets.Versions.Access(name).Context(ctx).Do()
	}
	if err != nil {
		return "", s.withoutText(err)
	}
	return payload(found)
}

// payload is the secret, if it came as it was sent.
func payload(found *api.AccessSecretVersionResponse) (string, error) {
	if found.Payload == nil {
		return "", errors.New("the manager's answer has no payload")
	}
	data, err := base64.StdEncoding.DecodeString(found.Payload.Data)
	if err != nil {
		return "", errors.New("the manager's answer has no payload in Base64")
	}
	sum := int64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
	if sum != found.Payload.DataCrc32c {
		return "", errors.New("the secret does not have the checksum that the manager sent with it")
	}
	return string(data), nil
}

// withoutText returns an error that leaves out the library's text, which names projects and accounts.
func (s *store) withoutText(err error) error {
	var answer *googleapi.Error
	var login *auth.Error
	switch {
	case errors.As(err, &login) && login.Response != nil:
		s.forget()
		return fmt.Errorf("the login by the application default credentials: %w", secretmanager.StatusError(login.Response.StatusCode, ""))
	case errors.As(err, &answer):
		if answer.Code == http.StatusUnauthorized { // the file may hold other credentials by now
			s.forget()
		}
		return secretmanager.StatusError(answer.Code, "")
	default:
		return secretmanager.NoAnswer(err)
	}
}

func (s *store) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = nil
}
