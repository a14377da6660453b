package connections

import (
	"errors"

	"github.com/op-data/sqlpreview/preview"
)

// invalidError says what is wrong with what is stored for a connection. It is a
// preview.ErrConnectionInvalid: trying again does not help.
type invalidError struct{ error }

func (invalidError) Is(target error) bool { return target == preview.ErrConnectionInvalid }

func (e invalidError) Unwrap() error { return e.error }

// invalid marks an error of reading what is stored. A secret manager that gives no secret
// is not such an error, since it may give it later.
func invalid(err error) error {
	var later notFetchedError
	if err == nil || errors.As(err, &later) {
		return err
	}
	return invalidError{err}
}
