package account_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/account"
)

// Guesses at a login that exists and at one that does not take turns, so that both meet the same
// load; hashes have the cost of production.
func TestStrangersWaitAsLongAsThoseWhoExist(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	c := open(t, func(cfg *account.Config) {
		cfg.Cost, cfg.Failures, cfg.AddressFailures = account.DefaultCost(), 1000000, 1000000
	})
	const rounds = 41
	took := map[string][]time.Duration{}
	for i := range rounds {
		known := fmt.Sprintf("user%d", i)
		c.add(known, account.RoleAgent)
		logins := []string{known, fmt.Sprintf("none%d", i)}
		if i%2 == 1 {
			slices.Reverse(logins) // the second pays for the garbage of the first
		}
		for _, login := range logins {
			c.pass(5 * time.Second)
			begun := time.Now()
			if _, reason := c.logIn(login, "wrong", ""); reason != account.Wrong {
				t.Fatal(reason)
			}
			took[login[:4]] = append(took[login[:4]], time.Since(begun))
		}
	}
	quick := func(name string) time.Duration { // the first quartile: what else runs makes only some slower
		slices.Sort(took[name])
		return took[name][rounds/4]
	}
	known, unknown := quick("user"), quick("none")
	t.Logf("known %v, unknown %v", known, unknown)
	if differ := (known - unknown).Abs(); differ > max(known, unknown)/4 {
		t.Errorf("first quartiles: known %v, unknown %v", known, unknown)
	}
	if unknown < 5*time.Millisecond {
		t.Errorf("%v is not the time of a hash", unknown)
	}
}
