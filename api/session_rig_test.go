package api

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/account"
)

const goodPassword = "verdant-otter-lamp"

// peopleRig is a rig with people who log in. The clock of accounts is the API's.
type peopleRig struct {
	*rig
	book *account.Book
}

func startPeople(t *testing.T, change ...func(*Config)) *peopleRig {
	t.Helper()
	p := &peopleRig{}
	p.rig = start(t, append([]func(*Config){func(c *Config) {
		var err error
		p.book, err = account.New(account.Config{Store: c.Store, Key: bytes.Repeat([]byte("k"), 32), Cost: account.Cost{Memory: 64, Passes: 1, Threads: 1}, Now: c.Now})
		if err != nil {
			t.Fatal(err)
		}
		c.Accounts = p.book
	}}, change...)...)
	return p
}

func (r *peopleRig) now() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }

// user adds a user whose password stays.
func (r *peopleRig) user(login string, roles ...account.Role) account.User {
	r.t.Helper()
	u, err := r.book.Add(r.t.Context(), account.Newcomer{Login: login, Name: login, Roles: roles, Password: goodPassword, Keep: true}, account.Actor{Name: "test"})
	if err != nil {
		r.t.Fatal(err)
	}
	return u
}

// signed is what a log-in answers.
type signed struct {
	Token   string
	Expires time.Time
	User    User
}

func (r *peopleRig) logIn(login string) signed {
	r.t.Helper()
	var s signed
	r.want(201, "POST", Base+"/session", "", object{"login": login, "password": goodPassword}).into(r.t, &s)
	return s
}

// refused sends a request and fails the test unless it is refused with a status and a code.
func (r *peopleRig) refused(status int, code, method, path, token string, body any) answer {
	r.t.Helper()
	a := r.want(status, method, path, token, body)
	var p problem
	a.into(r.t, &p)
	if p.Code != code || a.header.Get("Content-Type") != problemType {
		r.t.Errorf("%s %s: code %q, want %q: %s", method, path, p.Code, code, a.body)
	}
	return a
}

// codeOf is an authenticator.
func codeOf(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1000000)
}
