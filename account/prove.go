package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/hotline-cc/hotline"
)

// subjectOf names a login where failures are counted. Who types a password into the wrong field does not
// leave it there.
func subjectOf(login string) string {
	sum := sha256.Sum256([]byte(login))
	return "login:" + hex.EncodeToString(sum[:16])
}

func networkSubject(f From) string { return "address:" + f.Network }

// byLogin makes those wait who fail at one login: from the third failure a second, then twice as long
// each time, and once there are enough until the lock ends.
func (b *Book) byLogin() Rule {
	return Rule{Window: countWithin, Wait: func(count int) time.Duration {
		switch {
		case count >= b.cfg.Failures:
			return b.cfg.Lock
		case count >= 3:
			return min(time.Second<<min(count-3, 20), b.cfg.Lock)
		}
		return 0
	}}
}

func (b *Book) byNetwork() Rule {
	return Rule{Window: countWithin, Wait: func(count int) time.Duration {
		if count >= b.cfg.AddressFailures {
			return b.cfg.Lock
		}
		return 0
	}}
}

// attempt is a try to prove who one is. It counts as a failure until it turns out to be none, so that
// many at once are not let in before the first is counted.
type attempt struct {
	b       *Book
	by      Actor
	subject string
	count   int // with this one
	leave   func()
}

// begin lets a try in. done has to follow.
func (b *Book) begin(ctx context.Context, op, login string, by Actor) (*attempt, error) {
	now, subject := b.now(), subjectOf(login)
	leave, err := b.gate.enter(ctx, now)
	if err != nil {
		return nil, err
	}
	until := func() (time.Time, int, error) {
		waits, err := b.store.Waits(ctx, now, networkSubject(by.From))
		if f, waiting := waits[networkSubject(by.From)]; err != nil || waiting {
			return f.Until, 0, err
		}
		f, ok, err := b.store.Attempt(ctx, subject, now, b.byLogin())
		if ok {
			return time.Time{}, f.Count, err
		}
		return f.Until, 0, err
	}
	wait, count, err := until()
	switch {
	case err != nil:
	case !wait.IsZero():
		err = refuse(op, hotline.CodeOverload, Refused{Reason: Locked, After: wait.Sub(now)})
	default:
		return &attempt{b, by, subject, count, leave}, nil
	}
	leave()
	return nil, err
}

func (t *attempt) done() { t.leave() }

// password tells whether one is a user's. For a user who does not exist it takes as long. stale
// says that it was hashed at another cost.
func (t *attempt) password(u User, password string) (right, stale bool, err error) {
	hash := u.Password
	if hash == "" {
		hash = t.b.nobody
	}
	right, cost, err := verify(hash, password)
	return right && u.Password != "", cost != t.b.cfg.Cost, err
}

// failed records a failure and returns what is answered. subject is a login that exists, or "".
func (t *attempt) failed(ctx context.Context, op string, a Action, subject, detail string) error {
	b, ctx := t.b, context.WithoutCancel(ctx) // who hangs up has failed all the same
	entry := b.entry(t.by, a, subject, detail)
	if err := b.store.AddEntry(ctx, entry); err != nil {
		return err
	}
	if t.count >= b.cfg.Failures {
		entry.Action, entry.Detail = ActionLocked, fmt.Sprintf("%d failures", t.count)
		if err := b.store.AddEntry(ctx, entry); err != nil {
			return err
		}
	}
	if _, _, err := b.store.Attempt(ctx, networkSubject(t.by.From), b.now(), b.byNetwork()); err != nil {
		return err
	}
	return wrong(op)
}

// noFailure takes the attempt back where nothing was proved wrong, nor everything right.
func (t *attempt) noFailure(ctx context.Context) error {
	return t.b.store.Uncount(context.WithoutCancel(ctx), t.subject)
}

// again makes somebody who is logged in prove the password once more, before what a thief of the session
// must not do.
func (b *Book) again(ctx context.Context, op string, p Person, password string, from From) error {
	t, err := b.begin(ctx, op, p.Login, p.Actor(from))
	if err != nil {
		return err
	}
	defer t.done()
	right, _, err := t.password(p.User, password)
	if err != nil {
		return err
	}
	if !right {
		return t.failed(ctx, op, ActionPasswordFailed, p.Login, "")
	}
	return t.noFailure(ctx)
}
