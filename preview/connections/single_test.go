package connections

import (
	"context"
	"errors"
	"testing"

	"github.com/op-data/sqlpreview/preview"
)

// TestSingleWithASecret: the secret is fetched when it is asked for, and a manager
// that does not give it yet does not keep anything from starting.
func TestSingleWithASecret(t *testing.T) {
	manager := vault{}
	policy := Policy{Secrets: map[string]SecretSource{"test": manager}}
	stored := preview.NewSecret(`{"host":"h","database":"d","user":"u","password":{"secret":"test:password"}}`)
	resolver, err := Single(context.Background(), stored, policy)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := resolver.Resolve(context.Background(), ""); err == nil {
		t.Error("a secret came from nowhere")
	}
	var last string
	for _, password := range []string{"first", "second"} {
		manager["test:password"] = password
		connection, err := resolver.Resolve(context.Background(), preview.DefaultConnectionID)
		if err != nil || connection.DSN.Reveal() == last {
			t.Errorf("%s: %v", password, err)
		}
		last = connection.DSN.Reveal()
	}
	if _, err := resolver.Resolve(context.Background(), "other"); !errors.Is(err, preview.ErrConnectionNotFound) {
		t.Errorf("another id: %v", err)
	}
	for name, faulty := range map[string]string{
		"no manager": `{"secret":"other:password"}`, "an unknown key": `{"hosts":{"secret":"test:password"}}`, "no host": `{"url":{"secret":"test:password","x":1}}`,
	} {
		if _, err := Single(context.Background(), preview.NewSecret(faulty), policy); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
