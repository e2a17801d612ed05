package account

import (
	"context"
	"time"
)

// Action is what an entry of the record tells of.
type Action string

// What is recorded of accounts. Others record actions of their own.
const (
	ActionLogin           Action = "login"
	ActionFailed          Action = "login_failed"
	ActionLocked          Action = "login_locked"
	ActionLogout          Action = "logout"
	ActionPasswordFailed  Action = "password_failed" // of somebody logged in
	ActionPasswordChanged Action = "password_changed"
	ActionTOTPBegun       Action = "totp_begun"
	ActionTOTPOn          Action = "totp_on"
	ActionTOTPOff         Action = "totp_off"
	ActionUserAdded       Action = "user_added"
	ActionUserChanged     Action = "user_changed"
	ActionUnlocked        Action = "user_unlocked"
	ActionSessionsEnded   Action = "sessions_ended"
)

// Entry is a line of the record that nobody can change. Whatever an entry tells of is done in the same
// transaction, so what cannot be recorded is not done.
type Entry struct {
	ID      int64 // without gaps, from 1; given by the store
	At      time.Time
	Who     string // login, "key:" and the name of an API key, "cli:" and a user of the machine; "" for a stranger
	Action  Action
	Subject string // login of whom it was done to, or what else it was done to
	Address string
	Detail  string
}

// Effect is what a change of a user brings along.
type Effect struct {
	Entry   Entry
	End     bool     // the user's sessions end,
	Keep    string   // but for the one with this hash
	Begin   *Session // begins,
	AtMost  int      // and the oldest of more than this many end
	Forgive string   // whose failures are forgotten
}

// Rule is how failures are counted.
type Rule struct {
	Window time.Duration                 // after the first, counting begins anew
	Wait   func(count int) time.Duration // until the next is let in
}

// Failures is how often somebody failed within the window, and until when they wait.
type Failures struct {
	Count int
	Until time.Time
}

// Store keeps all of it. What a method has written is on disk when it returns.
type Store interface {
	Users
	Sessions
	Counter
	Record
}

// Users keeps users.
type Users interface {
	// AddUser has CodeConflict when the login is taken.
	AddUser(ctx context.Context, u User, e Entry) error
	// User and UserByLogin have CodeNotFound when there is none.
	User(ctx context.Context, id string) (User, error)
	UserByLogin(ctx context.Context, login string) (User, error)
	// ListUsers returns users with a login behind after, by login.
	ListUsers(ctx context.Context, after string, limit int) ([]User, error)
	// ChangeUser lets change work on a user and keeps the outcome with its effect; changes come one after
	// another. others is how many other administrators are not disabled.
	ChangeUser(ctx context.Context, id string, change func(u *User, others int) (Effect, error)) (User, error)
}

// Sessions keeps sessions. They begin and end by changes of users as well.
type Sessions interface {
	// SessionOf has CodeNotFound when there is none; it may have expired.
	SessionOf(ctx context.Context, hash string) (Session, error)
	UseSession(ctx context.Context, hash string, at time.Time) error
	EndSession(ctx context.Context, hash string, e Entry) error
}

// Counter counts failures by who failed.
type Counter interface {
	// Attempt counts one more, unless subject has to wait: then ok is false.
	Attempt(ctx context.Context, subject string, now time.Time, r Rule) (f Failures, ok bool, err error)
	// Waits returns those of subjects that wait at a time.
	Waits(ctx context.Context, now time.Time, subjects ...string) (map[string]Failures, error)
	// Uncount takes one back.
	Uncount(ctx context.Context, subject string) error
}

// Record keeps entries.
type Record interface {
	AddEntry(ctx context.Context, e Entry) error
	// Entries returns the latest with an ID below before, 0 for all, the latest first.
	Entries(ctx context.Context, before int64, limit int) ([]Entry, error)
}
