package connections

import (
	"errors"

	"github.com/op-data/sqlpreview/preview"
)

// invalidError says what is wrong with what is stored for a connection, which no
// further attempt mends: it is a preview.ErrConnectionInvalid.
type invalidError struct{ error }

func (invalidError) Is(target error) bool { return target == preview.ErrConnectionInvalid }

func (e invalidError) Unwrap() error { return e.error }

// invalid marks an error of reading what is stored. That a secret manager gives no
// secret may pass.
func invalid(err error) error {
	var later notFetchedError
	if err == nil || errors.As(err, &later) {
		return err
	}
	return invalidError{err}
}
