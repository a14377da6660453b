package worker

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/filecache"
	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

const (
	// keyBytes is the length of a key: AES-256.
	keyBytes = 32
	// maxKeyID bounds a key's id, which travels with every payload.
	maxKeyID = 64
	// maxKeysFile bounds what is read of a file of keys.
	maxKeysFile = 64 << 10
)

// Keys are the keys that payloads are encrypted with.
type Keys struct{ files *filecache.Cache[*keyring] }

// keyring is one state of the file.
type keyring struct {
	// first is the id of the key that encrypts.
	first string
	aeads map[string]cipher.AEAD
}

// ReadKeys reads a file of keys: one a line, "ID KEY". ID is 1 to 64 of A-Z, a-z,
// 0-9, ".", "_" and "-"; KEY is 32 random bytes in base64. The first key encrypts,
// and every key decrypts. Empty lines and those that begin with "#" count for
// nothing.
//
// The file is read again when it changes, so keys rotate without a restart: add
// the new key at the end everywhere, then move it to the first line everywhere, and
// take the old one out when no history with it is read any more. A changed file
// with a fault leaves the last good keys in force; then onError, unless it is nil,
// gets the fault. It must not block.
//
// One key must not encrypt more than 2^32 payloads (NIST SP 800-38D, 8.3: random
// nonces); a preview has about six.
func ReadKeys(path string, onError func(error)) (*Keys, error) {
	files := &filecache.Cache[*keyring]{Paths: []string{path}, Load: func() (*keyring, error) { return loadKeys(path) }}
	if _, err := files.Get(); err != nil {
		return nil, err
	}
	files.OnError = onError
	return &Keys{files}, nil
}

// ring is the keys as they are now.
func (k *Keys) ring() *keyring {
	ring, _ := k.files.Get() // an error was reported, and leaves the last good ones
	return ring
}

func loadKeys(path string) (*keyring, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the keys cannot be read: %w", syserr.Cause(err))
	}
	if !info.Mode().IsRegular() || info.Size() > maxKeysFile {
		return nil, errors.New("the file of keys is not a regular file of at most 64 KiB")
	}
	content, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("the keys cannot be read: %w", syserr.Cause(err))
	}
	return parseKeys(string(content))
}

// parseKeys reads the text of a file of keys. Its errors quote no key.
func parseKeys(content string) (*keyring, error) {
	ring := &keyring{aeads: map[string]cipher.AEAD{}}
	number := 0
	for line := range strings.Lines(content) {
		number++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		id, aead, err := parseKey(fields)
		if err == nil && ring.aeads[id] != nil {
			err = errors.New("its id stands on an earlier line too")
		}
		if err != nil {
			return nil, fmt.Errorf("line %d of the file of keys: %w", number, err)
		}
		if ring.first == "" {
			ring.first = id
		}
		ring.aeads[id] = aead
	}
	if ring.first == "" {
		return nil, errors.New("the file of keys holds no key")
	}
	return ring, nil
}

func parseKey(fields []string) (id string, _ cipher.AEAD, _ error) {
	if len(fields) != 2 {
		return "", nil, errors.New("a line is an id and a key, parted by a space")
	}
	id = fields[0]
	if len(id) > maxKeyID || strings.Trim(id, plainCharacters) != "" {
		return "", nil, fmt.Errorf("an id is 1 to %d of A-Z, a-z, 0-9, \".\", \"_\" and \"-\"", maxKeyID)
	}
	key, err := base64.StdEncoding.Strict().DecodeString(fields[1])
	if err != nil || len(key) != keyBytes {
		return "", nil, fmt.Errorf("a key is %d random bytes in base64; make one with: openssl rand -base64 %d", keyBytes, keyBytes)
	}
	if string(key) == strings.Repeat(string(key[:1]), keyBytes) {
		return "", nil, errors.New("the key is one byte over and over, not a random key")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", nil, err
	}
	aead, err := cipher.NewGCM(block)
	return id, aead, err
}

// plainCharacters are those of ids of keys and of organizations.
const plainCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
