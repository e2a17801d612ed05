package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
)

// TokenPrefix opens the token of every session, so that one that leaks is recognised.
const TokenPrefix = "hs_"

const tokenBytes = 32

func (b *Book) newSession(user string, from From) (token string, s Session) {
	token = TokenPrefix + base64.RawURLEncoding.EncodeToString(random(tokenBytes))
	now := b.now()
	return token, Session{Hash: hashOf(token), User: user, Address: from.address(), Created: now, Used: now, Expires: now.Add(b.cfg.Life)}
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func (b *Book) over(s Session, now time.Time) bool {
	return !now.Before(s.Expires) || now.Sub(s.Used) >= b.cfg.Idle
}

// Identify returns the person whom a token belongs to, as the person is at this moment, and counts it
// as use of the session.
func (b *Book) Identify(ctx context.Context, token string) (Person, error) {
	const op = "identify"
	ended := refuse(op, hotline.CodeUnauthorized, Refused{Reason: Ended})
	if !strings.HasPrefix(token, TokenPrefix) || len(token) != len(TokenPrefix)+base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return Person{}, ended
	}
	s, err := b.store.SessionOf(ctx, hashOf(token))
	if hotline.CodeOf(err) == hotline.CodeNotFound {
		return Person{}, ended
	}
	if err != nil {
		return Person{}, err
	}
	now := b.now()
	if b.over(s, now) {
		return Person{}, ended
	}
	u, err := b.store.User(ctx, s.User)
	if err != nil {
		return Person{}, err
	}
	if u.Disabled {
		return Person{}, ended
	}
	// Not every request is worth a write.
	if now.Sub(s.Used) >= b.cfg.Idle/15 {
		if err := b.store.UseSession(ctx, s.Hash, now); err != nil {
			return Person{}, err
		}
		s.Used = now
	}
	return Person{User: u, Session: s, Must: b.must(u)}, nil
}

// LogOut ends the person's session.
func (b *Book) LogOut(ctx context.Context, p Person, from From) error {
	return b.store.EndSession(ctx, p.Session.Hash, b.entry(p.Actor(from), ActionLogout, p.Login, ""))
}
