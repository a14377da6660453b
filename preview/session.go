package preview

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/reason"
)

// Session is what previews of a connection set in their transaction. It ends with
// the transaction. An empty field leaves what the login role has.
type Session struct {
	// SearchPath is PostgreSQL's search_path, for instance "shop, public". Names are
	// checked along this path too.
	SearchPath string
	// TimeZone is PostgreSQL's TimeZone, for instance "Europe/Berlin".
	TimeZone string
	// Role is the role that previews run as (SET LOCAL ROLE). Privileges and
	// row-level security are then that role's. The login role must be a member of
	// it, and should have no more rights itself.
	Role string
	// Variables are custom settings, for policies of row-level security that read
	// them with current_setting, for instance "app.tenant_id". A name has a dot.
	Variables map[string]string
}

// RequestSession is what one request sets, beyond the [Session] of its connection.
// The caller of this package vouches for it: a value may come from a claim that was
// verified, and never from the author of the query.
type RequestSession struct {
	// Role replaces the connection's. It must be one of Config.RequestRoles.
	Role string
	// Variables must be those of Config.RequestVariables.
	Variables map[string]string
}

type requestSessionKey struct{}

// WithRequestSession returns a context whose previews set a RequestSession.
func WithRequestSession(ctx context.Context, s RequestSession) context.Context {
	return context.WithValue(ctx, requestSessionKey{}, s)
}

// maxVariable bounds the value of a variable, in bytes.
const maxVariable = 4 << 10

// variableName is PostgreSQL's rule for custom settings (valid_custom_variable_name),
// in ASCII.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)+$`)

// ValidVariableName reports whether a text can be the name of a variable.
func ValidVariableName(name string) bool { return len(name) < 64 && variableName.MatchString(name) }

// check finds what no server would take.
func (s Session) check() error {
	var faults []error
	for _, field := range []struct{ name, value string }{{"SearchPath", s.SearchPath}, {"TimeZone", s.TimeZone}, {"Role", s.Role}} {
		if strings.ContainsRune(field.value, 0) || len(field.value) > maxVariable {
			faults = append(faults, fmt.Errorf("the %s of a Session holds a NUL byte or is longer than 4 KiB", field.name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
		if !ValidVariableName(name) {
			faults = append(faults, fmt.Errorf("Session.Variables has the name %.70q; it must have a dot, as in app.tenant_id", name))
		}
		if value := s.Variables[name]; strings.ContainsRune(value, 0) || len(value) > maxVariable {
			faults = append(faults, fmt.Errorf("Session.Variables[%.70q] holds a NUL byte or is longer than 4 KiB", name))
		}
	}
	return errors.Join(faults...)
}

// over returns s with the fields of base where s has none.
func (s Session) over(base Session) Session {
	merged := Session{SearchPath: base.SearchPath, TimeZone: base.TimeZone, Role: base.Role}
	if len(base.Variables)+len(s.Variables) > 0 {
		merged.Variables = make(map[string]string)
		maps.Copy(merged.Variables, base.Variables)
		maps.Copy(merged.Variables, s.Variables)
	}
	if s.SearchPath != "" {
		merged.SearchPath = s.SearchPath
	}
	if s.TimeZone != "" {
		merged.TimeZone = s.TimeZone
	}
	if s.Role != "" {
		merged.Role = s.Role
	}
	return merged
}

// session joins what is stored for a connection, what the Config says of it, and
// what the request sets, the later over the earlier. A request that lacks one of
// Config.RequestVariables fails: a policy that reads the variable would else decide
// without it.
func (p *Previewer) session(ctx context.Context, stored Session) (run.Session, error) {
	if err := stored.check(); err != nil {
		return run.Session{}, &Error{
			Reason: reason.DatabaseLoginFailed, Message: "the search_path, timezone, role or a variable that is stored for this connection is not valid",
			Hint: "let its owner store it again",
		}
	}
	s := p.rules.Session.over(stored)
	given, _ := ctx.Value(requestSessionKey{}).(RequestSession)
	if given.Role != "" && !slices.Contains(p.requestRoles, given.Role) {
		return run.Session{}, sessionRefused("the request's role is not one that previews may run as", "ask the operator to allow the role")
	}
	for name := range given.Variables {
		if !slices.Contains(p.requestVariables, name) {
			return run.Session{}, sessionRefused("the request sets a variable that is not allowed", "ask the operator to allow the variable")
		}
	}
	s = Session{Role: given.Role, Variables: given.Variables}.over(s)
	for _, name := range p.requestVariables {
		if _, ok := s.Variables[name]; !ok {
			return run.Session{}, sessionRefused("the request does not set "+name+", which previews need here",
				"call with a token that has the claim for it")
		}
	}
	if err := s.check(); err != nil {
		return run.Session{}, sessionRefused("a variable of the request is longer than 4 KiB or holds a NUL byte", "call with another token")
	}
	return run.Session(s), nil
}

func sessionRefused(message, hint string) *Error {
	return &Error{Reason: reason.InsufficientPrivilege, Message: message, Hint: hint}
}
