package worker

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

// readerToken is the digest of a token of the codec endpoint's token file.
type readerToken [sha256.Size]byte

// authorize returns a name for the caller, or why it may not read.
func (h *codecHandler) authorize(r *http.Request) (reader string, _ error) {
	tokens, err := h.readers.Get()
	if err != nil { // a token that was taken out must not stay good
		return "", errors.New("the tokens cannot be read now; see the log, or the file")
	}
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return "", errors.New("send one Authorization header: Bearer and the token")
	}
	scheme, given, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", errors.New("send one Authorization header: Bearer and the token")
	}
	digest := sha256.Sum256([]byte(given))
	known := -1
	for i, token := range tokens {
		known = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(digest[:], token[:]), i, known)
	}
	if known < 0 {
		return "", errors.New("the bearer token is not known")
	}
	return "reader " + strconv.Itoa(known), nil
}

// readReaderTokens returns the digests of the tokens in a file.
func readReaderTokens(path string) (tokens []readerToken, _ error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errors.New("the token file cannot be read: " + syserr.Cause(err).Error())
	}
	if !info.Mode().IsRegular() || info.Size() > maxSecretFile {
		return nil, errors.New("the token file is not a regular file of at most 64 KiB")
	}
	content, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, errors.New("the token file cannot be read: " + syserr.Cause(err).Error())
	}
	for token := range strings.FieldsSeq(string(content)) {
		if len(token) < minTokenBytes {
			return nil, errors.New("a token in the token file is shorter than 16 bytes")
		}
		tokens = append(tokens, sha256.Sum256([]byte(token)))
	}
	if len(tokens) == 0 {
		return nil, errors.New("the token file holds no token")
	}
	return tokens, nil
}
