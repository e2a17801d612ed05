package account

import (
	"errors"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/hotline-cc/hotline"
)

func TestPasswordsThatAreTriedFirstAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, password string
		rules          Rules
		weak           bool
	}{
		{"long and of nothing common", "verdant-otter-lamp", Rules{}, false},
		{"Chinese, ten characters", "青石板上的雨声滴答不停", Rules{}, false},
		{"nine characters", "kT7#xQ9!v", Rules{}, true},
		{"in full width it is as long as it looks", "ｋＴ７＃ｘＱ９！ｖ", Rules{}, true},
		{"one keyboard row", "qwertyuiop", Rules{}, true},
		{"columns of keys", "1qaz2wsx3edc", Rules{}, true},
		{"I love you, for a life", "woaini1314520", Rules{}, true},
		{"the service with its number", "Hotline12345", Rules{}, true},
		{"administrator and digits", "Admin@123456", Rules{}, true},
		{"lookalikes", "P@ssw0rd!!", Rules{}, true},
		{"a mobile phone", "13812345678", Rules{}, true},
		{"a birthday and a phone", "1990010113812", Rules{}, true},
		{"two characters over and over", "abababababab", Rules{}, true},
		{"the login with a year", "wangfang2024", Rules{}, true},
		{"the login backwards is no word", "gnafgnaw-lamp", Rules{}, false},
		{"a zero byte", "verdant\x00otter-lamp", Rules{}, true},
		{"too long to be hashed", strings.Repeat("verdant-otter-", 10), Rules{}, true},
		{"classes where they are asked for", "verdant-otter-lamp", Rules{Classes: 3}, true},
		{"and are there", "Verdant-otter-lamp", Rules{Classes: 3}, false},
		{"a length of the centre's own", "verdant-otter", Rules{Length: 14}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.rules.check("wangfang", c.password)
			var refused Refused
			if (err != nil) != c.weak || err != nil && (!errors.As(err, &refused) || refused.Reason != Weak || hotline.CodeOf(err) != hotline.CodeInvalid) {
				t.Errorf("%v, want it weak: %t", err, c.weak)
			}
		})
	}
}

func TestPasswordsThatAreMadeAreTaken(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		p := NewPassword()
		if err := (Rules{}).check("admin", p); err != nil || seen[p] {
			t.Fatal(p, err)
		}
		seen[p] = true
	}
}

func TestAHashIsOfOnePasswordOnly(t *testing.T) {
	cost := Cost{Memory: 64, Passes: 1, Threads: 1}
	if first, second := cost.hash("a"), cost.hash("a"); first == second {
		t.Error("two hashes have one salt")
	}
	right := func(password, other string) bool {
		encoded := cost.hash(password)
		same, got, err := verify(encoded, password)
		differs, _, errOther := verify(encoded, other+"x"+password)
		return same && !differs && got == cost && err == nil && errOther == nil
	}
	if err := quick.Check(right, &quick.Config{MaxCount: 200}); err != nil {
		t.Error(err)
	}
	// The same password typed with another input method.
	if same, _, err := verify(cost.hash("ｐａｓｓ１２"), "pass12"); !same || err != nil {
		t.Error(same, err)
	}
}

// The vector is of the reference implementation: argon2id, t=2, m=65536, p=1.
func TestHashesAreArgon2id(t *testing.T) {
	const encoded = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if right, cost, err := verify(encoded, "password"); !right || err != nil || cost != (Cost{65536, 2, 1}) {
		t.Error(right, cost, err)
	}
}

func FuzzHashesAreReadOrRefused(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=64,t=0,p=0$$")
	f.Add("$argon2i$v=19$m=4294967295,t=1,p=1$c29t$c29t")
	f.Fuzz(func(t *testing.T, text string) {
		c, salt, hash, err := parseHash(text)
		if err == nil && (c.Passes < 1 || c.Threads < 1 || c.Memory > 1<<20 || len(salt) < 8 || len(hash) != hashBytes) {
			t.Errorf("%q is read as %+v %x %x", text, c, salt, hash)
		}
	})
}

// RFC 6238, appendix B, the last six of eight digits.
func TestCodesAreThoseOfTheStandard(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := codeAt(secret, at/codePeriod); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	now := time.Unix(1111111111, 0)
	for drift, want := range map[int64]bool{-2: false, -1: true, 0: true, 1: true, 2: false} {
		step := now.Unix()/codePeriod + drift
		if got, found := stepOf(secret, codeAt(secret, step), now); found != want || found && got != step {
			t.Errorf("%d steps away: %d %t, want %t", drift, got, found, want)
		}
	}
	if _, found := stepOf(secret, "", now); found {
		t.Error("no code is one")
	}
}

func TestWhatIsSealedIsOneUsersOnly(t *testing.T) {
	s, err := newSealer(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	sealed := s.seal("wang", []byte("secret"))
	if got, err := s.open("wang", sealed); string(got) != "secret" || err != nil {
		t.Error(got, err)
	}
	other, err := newSealer(append(make([]byte, 31), 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another user":   func() ([]byte, error) { return s.open("li", sealed) },
		"another key":    func() ([]byte, error) { return other.open("wang", sealed) },
		"another bit":    func() ([]byte, error) { return s.open("wang", flip(sealed)) },
		"nothing at all": func() ([]byte, error) { return s.open("wang", "") },
	} {
		if got, err := open(); err == nil {
			t.Errorf("%s opens it: %q", name, got)
		}
	}
}

// flip changes the first character of a text.
func flip(text string) string {
	if text[0] == 'A' {
		return "B" + text[1:]
	}
	return "A" + text[1:]
}

func BenchmarkHash(b *testing.B) {
	for b.Loop() {
		DefaultCost().hash("verdant-otter-lamp")
	}
}
