package preview

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"

	"github.com/op-data/sqlpreview/preview/reason"
)

// A page token says where a listing goes on and what it is a listing of. The
// place is an OID and no name, since it may be that of a relation which is not
// listed.
const (
	tokenVersion  = 1
	tokenSumBytes = 8
	tokenBytes    = 1 + 4 + tokenSumBytes
)

// tableToken makes the token of the page after a relation.
func tableToken(request TablesRequest, after uint32) string {
	token := binary.BigEndian.AppendUint32([]byte{tokenVersion}, after)
	return base64.RawURLEncoding.EncodeToString(append(token, listingSum(request)...))
}

// readTableToken returns the place of a token, or 0 for the first page.
func readTableToken(request TablesRequest) (after uint32, _ error) {
	if request.PageToken == "" {
		return 0, nil
	}
	token, err := base64.RawURLEncoding.DecodeString(request.PageToken)
	if err != nil || len(token) != tokenBytes || token[0] != tokenVersion || string(token[5:]) != string(listingSum(request)) {
		return 0, staleToken()
	}
	if after = binary.BigEndian.Uint32(token[1:]); after == 0 {
		return 0, staleToken()
	}
	return after, nil
}

// listingSum tells listings apart: a token of one is of no use in another.
func listingSum(request TablesRequest) []byte {
	// Strings and booleans can always be written as JSON.
	text, _ := json.Marshal([]any{request.ConnectionID, request.Schema, request.Pattern, request.System})
	sum := sha256.Sum256(text)
	return sum[:tokenSumBytes]
}

func staleToken() *Error {
	return &Error{
		Reason:  reason.SQLInvalidText,
		Message: "the page token is not one of this listing, or the place that it stands for is gone",
		Hint:    "ask for the first page again, without a token",
	}
}
