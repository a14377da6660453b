package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"os"
	"strings"
)

const (
	// minTokenBytes refuses a token that could be guessed.
	minTokenBytes = 16
	// maxTokenFileBytes bounds what is read at every request.
	maxTokenFileBytes = 64 << 10
)

// BearerTokenFile returns an Authenticator that lets in who sends
// "Authorization: Bearer <token>" with one of the tokens in the file: one a
// line, of 16 bytes or more, so that an old and a new token can overlap.
//
// The file is read at every request, so a token is changed by changing the
// file; while it cannot be read nobody is let in. Tokens are compared in
// constant time. The error says what is wrong with the file now.
func BearerTokenFile(path string) (Authenticator, error) {
	if _, err := readTokens(path); err != nil {
		return nil, err
	}
	return func(_ context.Context, credentials Credentials) (Caller, error) {
		tokens, err := readTokens(path)
		if err != nil {
			return Caller{}, err
		}
		// Of two headers one could be for somebody else who reads the other.
		headers := credentials.Header.Values("Authorization")
		if len(headers) > 1 {
			return Caller{}, errors.New("more than one Authorization header was sent")
		}
		scheme, given, _ := strings.Cut(strings.Join(headers, ""), " ")
		if !strings.EqualFold(scheme, "Bearer") || given == "" {
			return Caller{}, errors.New("no bearer token was sent")
		}
		digest := sha256.Sum256([]byte(given))
		known := 0
		for _, token := range tokens {
			known |= subtle.ConstantTimeCompare(digest[:], token[:])
		}
		if known != 1 {
			return Caller{}, errors.New("the bearer token is not known")
		}
		return Caller{Subject: "bearer"}, nil
	}, nil
}

// readTokens returns the digests of the tokens in the file.
func readTokens(path string) ([][sha256.Size]byte, error) {
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
	var tokens [][sha256.Size]byte
	for line := range bytes.Lines(content) {
		token := bytes.TrimSpace(line)
		if len(token) == 0 {
			continue
		}
		if len(token) < minTokenBytes {
			return nil, fmt.Errorf("the token file holds a token shorter than %d bytes", minTokenBytes)
		}
		tokens = append(tokens, sha256.Sum256(token))
	}
	if len(tokens) == 0 {
		return nil, errors.New("the token file holds no token")
	}
	return tokens, nil
}
