package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
)

const (
	// minTokenBytes refuses a token that could be guessed.
	minTokenBytes = 16
	// maxTokenName bounds a caller's name, in bytes.
	maxTokenName = 64
	// maxTokenFileBytes bounds what is read at every request.
	maxTokenFileBytes = 64 << 10
)

// BearerTokenFile returns an Authenticator that lets in callers who send
// "Authorization: Bearer <token>" with one of the tokens in the file: one a line,
// of 16 bytes or more, so that an old and a new token can overlap.
//
// A line may name its caller, "name:token", in letters a-z, digits and "-": logs,
// records and limits then tell the callers apart, as "bearer:name". Several lines
// may have the same name. Callers of lines without a name are all "bearer". A token
// itself holds no colon.
//
// The file is read at every request, so a token is changed by changing the file;
// while it cannot be read, every caller is refused. Tokens are compared in constant time.
// The error says what is wrong with the file now.
func BearerTokenFile(path string) (Authenticator, error) {
	if _, err := readTokens(path); err != nil {
		return nil, err
	}
	return func(_ context.Context, credentials Credentials) (Caller, error) {
		tokens, err := readTokens(path)
		if err != nil {
			return Caller{}, err
		}
		given, err := BearerToken(credentials.Header)
		if err != nil {
			return Caller{}, err
		}
		digest := sha256.Sum256([]byte(given))
		known := -1
		for i, token := range tokens {
			known = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(digest[:], token.digest[:]), i, known)
		}
		if known < 0 {
			return Caller{}, errors.New("the bearer token is not known")
		}
		return Caller{Subject: tokens[known].subject}, nil
	}, nil
}

// BearerToken returns the token of a request's one Authorization header
// (RFC 6750, section 2.1), or an error that says what is missing.
func BearerToken(header http.Header) (string, error) {
	// With two headers, a proxy in front of us could have checked the other one.
	headers := header.Values("Authorization")
	if len(headers) > 1 {
		return "", errors.New("more than one Authorization header was sent")
	}
	scheme, token, _ := strings.Cut(strings.Join(headers, ""), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errors.New("no bearer token was sent")
	}
	return token, nil
}

// bearerSubject is the name of callers whose token has none.
const bearerSubject = "bearer"

// bearerToken is a line of a token file.
type bearerToken struct {
	digest  [sha256.Size]byte
	subject string
}

// readTokens returns the tokens in the file.
func readTokens(path string) ([]bearerToken, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the token file cannot be read: %w", errors.Unwrap(err))
	}
	if !info.Mode().IsRegular() || info.Size() > maxTokenFileBytes {
		return nil, errors.New("the token file is not a regular file of at most 64 KiB")
	}
	content, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("the token file cannot be read: %w", errors.Unwrap(err))
	}
	var tokens []bearerToken
	number := 0
	for line := range strings.Lines(string(content)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		token, err := parseToken(line)
		if err != nil {
			return nil, fmt.Errorf("line %d of the token file: %w", number, err)
		}
		tokens = append(tokens, token)
	}
	if len(tokens) == 0 {
		return nil, errors.New("the token file holds no token")
	}
	return tokens, nil
}

// parseToken reads "token" or "name:token".
func parseToken(line string) (bearerToken, error) {
	subject, secret := bearerSubject, line
	if name, rest, named := strings.Cut(line, ":"); named {
		if name == "" || len(name) > maxTokenName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.Contains(rest, ":") {
			return bearerToken{}, fmt.Errorf("a colon parts a name (a-z, 0-9 and -, at most %d) from its token, and a token holds none; "+
				"replace a token that has a colon", maxTokenName)
		}
		subject, secret = bearerSubject+":"+name, rest
	}
	if len(secret) < minTokenBytes {
		return bearerToken{}, fmt.Errorf("the token is shorter than %d bytes", minTokenBytes)
	}
	return bearerToken{digest: sha256.Sum256([]byte(secret)), subject: subject}, nil
}
