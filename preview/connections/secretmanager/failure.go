package secretmanager

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
)

// codeForm is what a manager's stable names of errors look like. Anything else
// could be a name, an address or a value.
var codeForm = regexp.MustCompile(`^[A-Z][A-Za-z_]{1,63}$`)

// StatusError says what a manager's status means to an operator. code is the manager's
// own name of the error, or empty; it is shown where it looks like one. The manager's
// text is not: it names accounts, paths and addresses.
func StatusError(status int, code string) error {
	shown := fmt.Sprintf("status %d", status)
	if codeForm.MatchString(code) {
		shown += ", " + code
	}
	switch {
	case status == http.StatusNotFound:
		return fmt.Errorf("there is no such secret or version below the prefix (%s)", shown)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fmt.Errorf("the sidecar's own login to the manager is refused, or may not read this secret (%s)", shown)
	case status == http.StatusTooManyRequests:
		return fmt.Errorf("the manager says that it is asked too often (%s)", shown)
	case status >= http.StatusInternalServerError:
		return fmt.Errorf("the manager cannot answer now (%s)", shown)
	default:
		return fmt.Errorf("the manager refuses the request (%s)", shown)
	}
}

// ErrNotFound says that there is no such secret, or no longer such a version.
var ErrNotFound = errors.New("there is no such secret or version below the prefix")

// NoAnswer says why there is no answer of a manager, without the library's text.
func NoAnswer(err error) error {
	var untrusted *tls.CertificateVerificationError
	var dns *net.DNSError
	var network *net.OpError
	switch {
	case errors.Is(err, errTooLarge), errors.Is(err, errRedirect), errors.Is(err, errPlain):
		for _, shown := range []error{errTooLarge, errRedirect, errPlain} {
			if errors.Is(err, shown) {
				return shown
			}
		}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return errors.New("the manager did not answer in time")
	case errors.As(err, &untrusted):
		return errors.New("the manager's TLS certificate is not trusted")
	case errors.As(err, &dns):
		return errors.New("the name of the manager's host cannot be resolved")
	case errors.As(err, &network):
		return errors.New("there is no connection to the manager")
	}
	return errors.New("the manager's answer cannot be used, or there are no credentials for it")
}
