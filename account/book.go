package account

import (
	"cmp"
	"runtime"
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
)

// Config is how accounts are looked after. Store and Key are required; other zero fields have defaults.
type Config struct {
	Store Store
	Key   []byte // seals second factors; at least 32 bytes

	Rules    Rules
	Idle     time.Duration // after which a session that is not used ends; 0 is 15 minutes
	Life     time.Duration // of a session, however much it is used; 0 is 12 hours
	Sessions int           // a user has at once; 0 is 3

	Failures        int           // of a login within an hour, until it is locked; 0 is 5
	AddressFailures int           // of an address within an hour; 0 is 100: a whole centre may have one
	Lock            time.Duration // 0 is 15 minutes
	TOTP            []Role        // who needs a second factor
	Issuer          string        // as the authenticator shows it; "" is Hotline

	Cost Cost // of a hash
	Now  func() time.Time
}

// Book looks after accounts. It is safe for concurrent use.
type Book struct {
	cfg    Config
	store  Store
	now    func() time.Time
	gate   *gate
	sealer *sealer
	nobody string // hash that stands for those who do not exist
}

// countWithin is how long failures count together.
const countWithin = time.Hour

// New returns a book.
func New(cfg Config) (*Book, error) {
	const op = "open accounts"
	if cfg.Store == nil || len(cfg.Key) < 32 {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "a store and a key of 32 bytes are needed")
	}
	for _, r := range cfg.TOTP {
		if !slices.Contains(Roles(), r) {
			return nil, hotline.Errorf(op, hotline.CodeInvalid, "没有这个角色 no such role: %q", r)
		}
	}
	cfg.Idle, cfg.Life, cfg.Lock = cmp.Or(cfg.Idle, 15*time.Minute), cmp.Or(cfg.Life, 12*time.Hour), cmp.Or(cfg.Lock, 15*time.Minute)
	cfg.Sessions, cfg.Failures, cfg.AddressFailures = cmp.Or(cfg.Sessions, 3), cmp.Or(cfg.Failures, 5), cmp.Or(cfg.AddressFailures, 100)
	cfg.Issuer, cfg.Cost = cmp.Or(cfg.Issuer, "Hotline"), cmp.Or(cfg.Cost, DefaultCost())
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	b := &Book{cfg: cfg, store: cfg.Store, now: cfg.Now, gate: newGate(runtime.NumCPU()), nobody: cfg.Cost.hash(NewPassword())}
	var err error
	if b.sealer, err = newSealer(cfg.Key); err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInternal, "%w", err)
	}
	return b, nil
}

// must returns what a user has to do first.
func (b *Book) must(u User) (list []Must) {
	age := b.cfg.Rules.MaxAge
	if u.MustChange || age > 0 && b.now().Sub(u.PasswordAt) > age {
		list = append(list, MustChangePassword)
	}
	if u.Secret == "" && slices.ContainsFunc(b.cfg.TOTP, u.Is) {
		list = append(list, MustEnrol)
	}
	return list
}

func (b *Book) entry(by Actor, a Action, subject, detail string) Entry {
	return Entry{At: b.now(), Who: by.Name, Action: a, Subject: subject, Address: by.address(), Detail: detail}
}
