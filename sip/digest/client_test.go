package digest

import (
	"errors"
	"strings"
	"testing"

	reference "github.com/icholy/digest"
)

func newClient(t testing.TB, realm string, account Account) *Client {
	t.Helper()
	c, err := NewClient(realm, account)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var trunk = Account{Name: "0571", Password: `pass"word`, AllowMD5: true}

func TestClientChoosesAndRefuses(t *testing.T) {
	const md5, sha = `Digest realm="op", nonce="m", algorithm=MD5, qop="auth"`, `Digest realm="op", nonce="s", algorithm=SHA-256, qop="auth"`
	strong := Account{Name: "0571", Password: "x"}
	hashed := Account{Name: "0571", HA1: map[Algorithm]string{MD5: MD5.hash("0571", "op", "x")}}
	tests := map[string]struct {
		realm      string
		account    Account
		challenges []string
		want       string // in the answer; empty: none
	}{
		"SHA-256 before MD5":       {"op", trunk, []string{md5, sha}, `nonce="s"`},
		"MD5 alone":                {"op", trunk, []string{md5}, `algorithm=MD5`},
		"MD5 not allowed":          {"op", strong, []string{md5}, ""},
		"HA1 for MD5 only":         {"op", hashed, []string{sha, md5}, `nonce="m"`},
		"no algorithm is MD5":      {"op", trunk, []string{`Digest realm="op", nonce="n", qop="auth"`}, `uri="sip:op", qop=auth`},
		"any realm":                {"", trunk, []string{`Digest realm="any", nonce="n", qop="auth"`}, `realm="any"`},
		"foreign realm":            {"op", trunk, []string{`Digest realm="OP", nonce="n", qop="auth"`}, ""},
		"foreign realm and ours":   {"op", trunk, []string{`Digest realm="x", nonce="n", qop="auth"`, md5}, `nonce="m"`},
		"auth among others":        {"op", trunk, []string{`Digest realm="op", nonce="n", qop="auth-int, AUTH"`}, "qop=auth,"},
		"auth-int alone":           {"op", trunk, []string{`Digest realm="op", nonce="n", qop="auth-int"`}, ""},
		"empty qop":                {"op", trunk, []string{`Digest realm="op", nonce="n", qop=""`}, ""},
		"no qop (RFC 2069)":        {"op", trunk, []string{`Digest realm="op", nonce="n"`}, `nonce="n"`},
		"no qop with SHA-256":      {"op", trunk, []string{`Digest realm="op", nonce="n", algorithm=SHA-256`}, ""},
		"no nonce":                 {"op", trunk, []string{`Digest realm="op", qop="auth"`}, ""},
		"MD5-sess":                 {"op", trunk, []string{`Digest realm="op", nonce="n", algorithm=MD5-sess, qop="auth"`}, ""},
		"other scheme":             {"op", trunk, []string{`Basic realm="op"`}, ""},
		"opaque comes back":        {"op", trunk, []string{`Digest realm="op", nonce="n", qop="auth", opaque="a\"b"`}, `opaque="a\"b"`},
		"line break in the nonce":  {"op", trunk, []string{"Digest realm=\"op\", nonce=\"n\r\nX: y\", qop=\"auth\""}, ""},
		"first stale already":      {"op", trunk, []string{md5 + ", stale=true"}, `nonce="m"`},
		"nothing":                  {"op", trunk, nil, ""},
		"quoted name of algorithm": {"op", trunk, []string{`Digest realm="op", nonce="n", algorithm="md5", qop="auth"`}, "algorithm=md5"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := newClient(t, tt.realm, tt.account).Begin("INVITE", "sip:op").Answer(tt.challenges)
			if tt.want == "" {
				if !errors.Is(err, ErrNoChallenge) || got != "" {
					t.Errorf("answered %q, %v", got, err)
				}
				return
			}
			if err != nil || !strings.Contains(got, tt.want) {
				t.Errorf("%q, %v; want it to hold %q", got, err, tt.want)
			}
		})
	}
}

// The response must be the one another implementation computes from the same parameters.
func TestClientComputesTheResponse(t *testing.T) {
	for _, value := range []string{
		`Digest realm="op", nonce="n/1==", algorithm=SHA-256, qop="auth", opaque="o"`,
		`Digest realm="op", nonce="n/1==", algorithm=MD5, qop="auth"`,
		`Digest realm="op", nonce="n/1=="`,
	} {
		got, err := newClient(t, "", trunk).Begin("INVITE", "sip:110@op").Answer([]string{value})
		if err != nil {
			t.Fatal(err)
		}
		challenge, err := reference.ParseChallenge(value)
		if err != nil {
			t.Fatal(err)
		}
		mine, err := reference.ParseCredentials(got)
		if err != nil {
			t.Fatal(err)
		}
		want, err := reference.Digest(challenge, reference.Options{
			Method: "INVITE", URI: "sip:110@op", Username: trunk.Name, Password: trunk.Password, Count: 1, Cnonce: mine.Cnonce,
		})
		if err != nil {
			t.Fatal(err)
		}
		if mine.Nc == 0 {
			mine.Nc = 1 // not written without qop
		}
		if mine.Cnonce == "" {
			want.Cnonce = ""
		}
		if *mine != *want {
			t.Errorf("%+v, want %+v", *mine, *want)
		}
	}
}

func TestClientAnswersAgainOnlyWhenStale(t *testing.T) {
	challenge := func(nonce, more string) []string {
		return []string{`Digest realm="op", nonce="` + nonce + `", qop="auth"` + more}
	}
	tests := map[string]struct {
		second, third []string
		want          [2]error
	}{
		"refused":               {challenge("b", ""), nil, [2]error{ErrRejected, ErrNoChallenge}},
		"same nonce":            {challenge("a", ""), nil, [2]error{ErrRejected, ErrNoChallenge}},
		"stale with same nonce": {challenge("a", ", stale=true"), nil, [2]error{ErrRejected, ErrNoChallenge}},
		"stale once":            {challenge("b", ", stale=TRUE"), challenge("c", ""), [2]error{nil, ErrRejected}},
		"stale twice":           {challenge("b", ", stale=true"), challenge("c", ", stale=true"), [2]error{nil, ErrRejected}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			x := newClient(t, "op", trunk).Begin("REGISTER", "sip:op")
			if _, err := x.Answer(challenge("a", "")); err != nil {
				t.Fatal(err)
			}
			for i, challenges := range [][]string{tt.second, tt.third} {
				if _, err := x.Answer(challenges); !errors.Is(err, tt.want[i]) {
					t.Errorf("answer %d: %v, want %v", i+2, err, tt.want[i])
				}
			}
		})
	}
}

// A server may hand out one nonce for a while; each request then needs a count of its own.
func TestClientCountsRequestsOfOneNonce(t *testing.T) {
	c := newClient(t, "op", trunk)
	for _, want := range []string{"nc=00000001,", "nc=00000002,", "nc=00000003,"} {
		got, err := c.Begin("REGISTER", "sip:op").Answer([]string{`Digest realm="op", nonce="same", qop="auth"`})
		if err != nil || !strings.Contains(got, want) {
			t.Errorf("%q, %v; want %s", got, err, want)
		}
	}
}

func TestClientNeedsRealmForHA1(t *testing.T) {
	if _, err := NewClient("", Account{Name: "a", HA1: map[Algorithm]string{MD5: MD5.hash("x")}}); err == nil {
		t.Error("accepted")
	}
	if _, err := NewClient("op", Account{Name: "a"}); err == nil {
		t.Error("an account without secret was accepted")
	}
}

func TestClientAndServerAgree(t *testing.T) {
	s, _ := newServer(t, nil)
	for _, account := range []Account{
		{Name: "alice", Password: "wonderland"},
		{Name: "bob", HA1: map[Algorithm]string{SHA256: SHA256.hash("bob", realm, "builder")}},
		{Name: "carol", HA1: map[Algorithm]string{MD5: MD5.hash("carol", realm, "christmas")}},
	} {
		got, err := newClient(t, realm, account).Begin("INVITE", uri).Answer(s.Challenge("", phone, false))
		if err != nil {
			t.Fatal(err)
		}
		if r := s.Verify(Attempt{Method: "INVITE", URI: uri, Source: phone, Credentials: []string{got}}); r != (Result{Accepted, account.Name}) {
			t.Errorf("%s: %v", account.Name, r)
		}
	}
}

// FuzzChallenge checks that an answer never holds a line break and is read back as it was meant.
func FuzzChallenge(f *testing.F) {
	f.Add(`Digest realm="op", nonce="n", qop="auth", opaque="\"\\"`)
	f.Add(`Digest realm=op,nonce=n/=,algorithm=sha-256,qop=auth,stale=true`)
	c := newClient(f, "", trunk)
	f.Fuzz(func(t *testing.T, header string) {
		answer, err := c.Begin("INVITE", "sip:op").Answer([]string{header})
		if err != nil {
			return
		}
		if !printable(answer) {
			t.Fatalf("%q", answer)
		}
		ch, err := parseChallenge(header)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseCredentials(answer)
		if err != nil || got.realm != ch.realm || got.nonce != ch.nonce || got.opaque != ch.opaque || got.username != trunk.Name || got.qop == "auth-int" {
			t.Fatalf("challenge %+v was answered with %q, read as %+v, %v", ch, answer, got, err)
		}
	})
}
