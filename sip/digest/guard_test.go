package digest

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// try verifies one attempt from a source and returns the outcome.
func try(t *testing.T, s *Server, from netip.Addr, p signer) Outcome {
	t.Helper()
	attempt := p.sign(t, s.Challenge("", from, false))
	attempt.Source = from
	return s.Verify(attempt).Outcome
}

func host(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}) }

func TestUserIsLockedAcrossSources(t *testing.T) {
	s, clock := newServer(t, nil)
	if got := try(t, s, phone, signer{}); got != Accepted {
		t.Fatal(got)
	}
	for i := range 10 {
		if got := try(t, s, host(i), signer{password: "guess"}); got != Refused {
			t.Fatalf("guess %d: %v", i, got)
		}
	}
	if got := try(t, s, stranger, signer{}); got != Locked {
		t.Errorf("right password from elsewhere: %v, want locked", got)
	}
	if got := try(t, s, phone, signer{}); got != Accepted {
		t.Errorf("right password from where it came before: %v", got)
	}
	if got := try(t, s, stranger, signer{user: "bob"}); got != Accepted {
		t.Errorf("another user: %v", got)
	}
	clock.at = clock.at.Add(10*time.Minute - time.Second)
	if got := try(t, s, stranger, signer{password: "guess"}); got != Locked {
		t.Errorf("before the lock ends: %v", got)
	}
	clock.at = clock.at.Add(time.Second) // guesses during the lock do not prolong it
	if got := try(t, s, stranger, signer{}); got != Accepted {
		t.Errorf("after the lock: %v", got)
	}
}

func TestUnknownNamesAreLockedAlike(t *testing.T) {
	s, _ := newServer(t, nil)
	for _, name := range []string{"alice", "nobody"} {
		for i := range 12 {
			want := Refused
			if i >= 10 {
				want = Locked
			}
			if got := try(t, s, host(i), signer{user: name, password: "guess"}); got != want {
				t.Errorf("%s, guess %d: %v, want %v", name, i, got, want)
			}
		}
		for i := range 12 { // let the sources rest
			s.guard.sources.Remove(host(i))
		}
	}
	if got := try(t, s, stranger, signer{user: "anybody", password: "guess"}); got != Refused {
		t.Errorf("another unknown name: %v", got)
	}
}

func TestUnlockEndsTheLock(t *testing.T) {
	s, _ := newServer(t, nil)
	for i := range 10 {
		try(t, s, host(i), signer{password: "guess"})
	}
	s.Unlock("nobody")
	if got := try(t, s, phone, signer{}); got != Locked {
		t.Fatal(got)
	}
	s.Unlock("alice")
	if got := try(t, s, phone, signer{}); got != Accepted {
		t.Error(got)
	}
}

func TestSourceIsLockedAcrossUsers(t *testing.T) {
	s, _ := newServer(t, nil)
	if got := try(t, s, stranger, signer{user: "bob"}); got != Accepted {
		t.Fatal(got)
	}
	for i := range 10 {
		if got := try(t, s, stranger, signer{user: fmt.Sprint("user", i), password: "guess"}); got != Refused {
			t.Fatalf("guess %d: %v", i, got)
		}
	}
	if got := try(t, s, stranger, signer{}); got != Locked {
		t.Errorf("right password from a locked source: %v", got)
	}
	if got := try(t, s, stranger, signer{user: "bob"}); got != Accepted {
		t.Errorf("user who had proven himself there: %v", got)
	}
	if got := try(t, s, phone, signer{}); got != Accepted {
		t.Errorf("other source: %v", got)
	}
}

func TestTrustedSourceMayNotGuessForEver(t *testing.T) {
	s, _ := newServer(t, nil)
	try(t, s, phone, signer{})
	refused := 0
	for range 100 {
		if try(t, s, phone, signer{password: "guess"}) == Refused {
			refused++
		}
	}
	if refused != 10 {
		t.Errorf("%d guesses were judged, want 10", refused)
	}
}

func TestFailuresAreForgotten(t *testing.T) {
	s, clock := newServer(t, nil)
	for i := range 40 {
		if got := try(t, s, host(i), signer{password: "guess"}); got != Refused {
			t.Fatalf("guess %d: %v; a few an hour lock nobody", i, got)
		}
		clock.at = clock.at.Add(2 * time.Minute)
	}
}

func TestForgedSourcesCannotLock(t *testing.T) {
	s, _ := newServer(t, nil)
	attempt := signer{password: "guess"}.sign(t, s.Challenge("", stranger, false)) // the attacker's nonce
	attempt.Source = phone                                                         // written on his datagrams
	for range 100 {
		if got := s.Verify(attempt).Outcome; got != Stale {
			t.Fatal(got)
		}
	}
	if got := try(t, s, phone, signer{}); got != Accepted {
		t.Errorf("the telephone: %v", got)
	}
}

func TestGuardMemoryIsBounded(t *testing.T) {
	s, _ := newServer(t, func(cfg *ServerConfig) { cfg.MaxSources, cfg.MaxNonces = 100, 1<<20 })
	for i := range 2000 {
		try(t, s, host(i), signer{user: fmt.Sprint("user", i), password: "guess"})
		try(t, s, host(10_000+i), signer{user: "bob"})
	}
	if g := s.guard; g.sources.Len() > 100 || g.trusted.Len() > 100 || g.others.Len() > 100 {
		t.Errorf("%d sources, %d trusted, %d unknown names; want 100 at most", g.sources.Len(), g.trusted.Len(), g.others.Len())
	}
}
