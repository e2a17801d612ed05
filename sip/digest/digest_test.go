package digest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	reference "github.com/icholy/digest"
)

func TestVectors(t *testing.T) {
	rfc7616 := credentials{
		nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri: "/dir/index.html",
		qop: "auth", nc: "00000001", cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
	}
	tests := map[string]struct {
		algorithm             Algorithm
		user, realm, password string
		c                     credentials
		want                  string
	}{
		"RFC 7616 §3.9.1, MD5": {
			MD5, "Mufasa", "http-auth@example.org", "Circle of Life", rfc7616,
			"8ca523f5e9506fed4657c9700eebdbec",
		},
		"RFC 7616 §3.9.1, SHA-256": {
			SHA256, "Mufasa", "http-auth@example.org", "Circle of Life", rfc7616,
			"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
		},
		"RFC 2617 §3.5": {
			MD5, "Mufasa", "testrealm@host.com", "Circle Of Life",
			credentials{nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093", uri: "/dir/index.html", qop: "auth", nc: "00000001", cnonce: "0a4f113b"},
			"6629fae49393a05397450978507c4ef1",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ha1 := tt.algorithm.hash(tt.user, tt.realm, tt.password)
			if got := tt.algorithm.response(ha1, "GET", tt.c); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// stopped is a clock that tests move.
type stopped struct{ at time.Time }

func (c *stopped) Now() time.Time { return c.at }

var (
	phone    = netip.MustParseAddr("192.0.2.1")
	stranger = netip.MustParseAddr("203.0.113.9")
)

const (
	realm = "hotline"
	uri   = "sip:gw.example.com"
)

// newServer serves alice and bob with SHA-256, and carol with MD5 also.
func newServer(t testing.TB, change func(*ServerConfig)) (*Server, *stopped) {
	t.Helper()
	clock := &stopped{time.Unix(1_700_000_000, 0)}
	cfg := ServerConfig{Realm: realm, Now: clock.Now, Users: []Account{
		{Name: "alice", Password: "wonderland"},
		{Name: "bob", HA1: map[Algorithm]string{SHA256: strings.ToUpper(SHA256.hash("bob", realm, "builder"))}},
		{Name: "carol", Password: "christmas", AllowMD5: true},
	}}
	if change != nil {
		change(&cfg)
	}
	s, err := NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, clock
}

// signer signs as a telephone would; the zero value signs well. It is another implementation than ours.
type signer struct {
	user, password      string
	algorithm           Algorithm
	method, uri, signed string // signed is the uri of the header
	nc                  int
}

func (p signer) sign(t testing.TB, challenges []string) Attempt {
	t.Helper()
	def := func(s *string, value string) {
		if *s == "" {
			*s = value
		}
	}
	def(&p.user, "alice")
	def(&p.password, map[string]string{"alice": "wonderland", "bob": "builder", "carol": "christmas"}[p.user])
	def((*string)(&p.algorithm), string(SHA256))
	def(&p.method, "REGISTER")
	def(&p.uri, uri)
	def(&p.signed, p.uri)
	for _, value := range challenges {
		challenge, err := reference.ParseChallenge(value)
		if err != nil {
			t.Fatal(err)
		}
		if challenge.Algorithm != string(p.algorithm) {
			continue
		}
		c, err := reference.Digest(challenge, reference.Options{
			Method: p.method, URI: p.signed, Username: p.user, Password: p.password, Count: max(1, p.nc),
		})
		if err != nil {
			t.Fatal(err)
		}
		return Attempt{Method: p.method, URI: p.uri, Source: phone, Credentials: []string{c.String()}}
	}
	t.Fatalf("no challenge for %s in %q", p.algorithm, challenges)
	return Attempt{}
}

func TestServerVerifies(t *testing.T) {
	edit := func(old, replacement string) func(*Attempt) {
		return func(a *Attempt) { a.Credentials[0] = strings.Replace(a.Credentials[0], old, replacement, 1) }
	}
	tests := map[string]struct {
		signer signer
		change func(*Attempt)
		want   Outcome
	}{
		"password in plain":           {signer{}, nil, Accepted},
		"HA1 in the configuration":    {signer{user: "bob"}, nil, Accepted},
		"MD5 where allowed":           {signer{user: "carol", algorithm: MD5}, nil, Accepted},
		"SHA-256 of the same":         {signer{user: "carol"}, nil, Accepted},
		"MD5 where not allowed":       {signer{algorithm: MD5}, nil, Refused},
		"wrong password":              {signer{password: "x"}, nil, Refused},
		"unknown user":                {signer{user: "mallory", password: "x"}, nil, Refused},
		"other method":                {signer{}, func(a *Attempt) { a.Method = "INVITE" }, Refused},
		"other URI":                   {signer{}, func(a *Attempt) { a.URI = "sip:+8613800000000@gw.example.com" }, Refused},
		"other URI signed":            {signer{signed: "sip:other.example.com"}, nil, Refused},
		"URI with default port":       {signer{signed: "sip:GW.example.com:5060;transport=tcp"}, nil, Accepted},
		"URI with other port":         {signer{signed: "sip:gw.example.com:5070"}, nil, Refused},
		"sips is not sip":             {signer{signed: "sips:gw.example.com"}, nil, Refused},
		"other realm":                 {signer{}, edit(realm, "elsewhere"), Absent},
		"no credentials":              {signer{}, func(a *Attempt) { a.Credentials = nil }, Absent},
		"unknown scheme (regaut01)":   {signer{}, func(a *Attempt) { a.Credentials = []string{"NoOneKnowsThisScheme opaque-data=here"} }, Absent},
		"Basic":                       {signer{}, func(a *Attempt) { a.Credentials = []string{"Basic YWxpY2U6d29uZGVybGFuZA=="} }, Absent},
		"after those for other realm": {signer{}, func(a *Attempt) { a.Credentials = append([]string{`Digest realm="x", nonce="y"`}, a.Credentials...) }, Accepted},
		"from another source":         {signer{}, func(a *Attempt) { a.Source = stranger }, Stale},
		"from the mapped address":     {signer{}, func(a *Attempt) { a.Source = netip.MustParseAddr("::ffff:192.0.2.1") }, Accepted},
		"nonce not ours":              {signer{}, edit(`nonce="`, `nonce="A`), Stale},
		"nonce for other algorithm":   {signer{user: "carol"}, edit("SHA-256", "MD5"), Stale},
		"no qop":                      {signer{}, edit("qop=auth, ", ""), Refused},
		"auth-int":                    {signer{}, edit("qop=auth", "qop=auth-int"), Refused},
		"quoted qop":                  {signer{}, edit("qop=auth", `QOP="auth"`), Accepted},
		"no cnonce":                   {signer{}, edit("cnonce=", "x="), Refused},
		"short nc":                    {signer{}, edit("nc=00000001", "nc=1"), Refused},
		"nc of zero":                  {signer{}, edit("nc=00000001", "nc=00000000"), Refused}, // not what was signed
		"unknown algorithm":           {signer{}, edit("SHA-256", "SHA-1024"), Refused},
		"userhash":                    {signer{}, edit("Digest ", "Digest userhash=true, "), Refused},
		"two user names":              {signer{}, edit("Digest ", `Digest username="bob", `), Refused},
		"empty response":              {signer{}, edit("response=", "x="), Refused},
		"response in capitals":        {signer{}, func(a *Attempt) { upperResponse(a) }, Accepted},
		"broken quotes":               {signer{}, func(a *Attempt) { a.Credentials[0] += `, x="` }, Refused},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, _ := newServer(t, nil)
			attempt := tt.signer.sign(t, s.Challenge("", phone, false))
			if tt.change != nil {
				tt.change(&attempt)
			}
			if got := s.Verify(attempt); got.Outcome != tt.want {
				t.Errorf("%v, want %v", got.Outcome, tt.want)
			}
		})
	}
}

func upperResponse(a *Attempt) {
	head, response, _ := strings.Cut(a.Credentials[0], `response="`)
	a.Credentials[0] = head + `response="` + strings.ToUpper(response)
}

func TestNonceExpiresAsStale(t *testing.T) {
	s, clock := newServer(t, nil)
	challenge := s.Challenge("", phone, false)
	clock.at = clock.at.Add(30 * time.Second)
	if got := s.Verify(signer{nc: 1}.sign(t, challenge)); got != (Result{Accepted, "alice"}) {
		t.Errorf("after 30 s: %v", got)
	}
	clock.at = clock.at.Add(time.Millisecond)
	if got := s.Verify(signer{nc: 2}.sign(t, challenge)); got.Outcome != Stale {
		t.Errorf("after more: %v", got)
	}
	if got := s.Verify(signer{nc: 3, password: "wrong"}.sign(t, challenge)); got.Outcome != Stale {
		t.Errorf("a stale nonce tells whether the password was right: %v", got)
	}
	for _, value := range s.Challenge("", phone, true) {
		if !strings.HasSuffix(value, ", stale=true") {
			t.Errorf("challenge %q", value)
		}
	}
}

func TestReplayIsNeverAccepted(t *testing.T) {
	s, clock := newServer(t, nil)
	challenge := s.Challenge("", phone, false)
	verify := func(nc int, want Outcome) {
		t.Helper()
		if got := s.Verify(signer{nc: nc}.sign(t, challenge)); got.Outcome != want {
			t.Errorf("nc %d: %v, want %v", nc, got.Outcome, want)
		}
	}
	verify(1, Accepted)
	verify(1, Stale)
	verify(5, Accepted)
	verify(3, Accepted) // overtaken on the way
	verify(3, Stale)
	verify(5, Stale)
	verify(100, Accepted)
	verify(36, Stale) // behind the window
	verify(37, Accepted)
	verify(37, Stale)
	// In the last moment the nonce lives, with another one at every second to turn generations.
	for range 30 {
		clock.at = clock.at.Add(time.Second)
		other := s.Challenge("", phone, false)
		if got := s.Verify(signer{}.sign(t, other)); got.Outcome != Accepted {
			t.Fatalf("fresh nonce: %v", got)
		}
		verify(100, Stale)
	}
}

func TestNonceMemoryIsBoundedAndFailsClosed(t *testing.T) {
	s, clock := newServer(t, func(cfg *ServerConfig) { cfg.MaxNonces = 10 })
	accepted := 0
	for range 50 {
		if s.Verify(signer{}.sign(t, s.Challenge("", phone, false))).Outcome == Accepted {
			accepted++
		}
	}
	if accepted != 10 {
		t.Errorf("%d nonces in use, want 10", accepted)
	}
	clock.at = clock.at.Add(5 * time.Minute)
	if got := s.Verify(signer{}.sign(t, s.Challenge("", phone, false))); got.Outcome != Accepted {
		t.Errorf("room is not given back: %v", got.Outcome)
	}
}

func TestChallengesWithoutAName(t *testing.T) {
	s, _ := newServer(t, nil)
	for _, from := range []netip.Addr{phone, stranger, {}} {
		values := s.Challenge("", from, false)
		if len(values) != 2 {
			t.Fatalf("%d challenges, want SHA-256 and MD5", len(values))
		}
		for i, a := range []Algorithm{SHA256, MD5} {
			c, err := reference.ParseChallenge(values[i])
			if err != nil || c.Realm != realm || c.Algorithm != string(a) || !c.SupportsQOP("auth") || c.SupportsQOP("auth-int") || c.Stale {
				t.Errorf("challenge %d: %+v, %v", i, c, err)
			}
		}
	}
	s, _ = newServer(t, func(cfg *ServerConfig) { cfg.Users = cfg.Users[:2] })
	if values := s.Challenge("", phone, false); len(values) != 1 || !strings.Contains(values[0], "algorithm=SHA-256") {
		t.Errorf("without an MD5 user: %q", values)
	}
}

func TestChallengeOfAName(t *testing.T) {
	mostlyMD5 := func(cfg *ServerConfig) { cfg.Users[0].AllowMD5 = true }
	tests := []struct {
		name   string
		change func(*ServerConfig)
		want   Algorithm
	}{
		{"alice", nil, SHA256},
		{"carol", nil, MD5},
		{"nobody", nil, SHA256}, // like most
		{"nobody", mostlyMD5, MD5},
		{"bob", mostlyMD5, SHA256},
	}
	for _, tt := range tests {
		s, _ := newServer(t, tt.change)
		values := s.Challenge(tt.name, phone, false)
		if len(values) != 1 {
			t.Fatalf("%d challenges for %s", len(values), tt.name)
		}
		if c, err := reference.ParseChallenge(values[0]); err != nil || c.Algorithm != string(tt.want) {
			t.Errorf("%s gets %q, want %s", tt.name, values[0], tt.want)
		}
		if tt.name != "nobody" {
			attempt := signer{user: tt.name, algorithm: tt.want}.sign(t, values)
			if got := s.Verify(attempt); got != (Result{Accepted, tt.name}) {
				t.Errorf("%s: %v", tt.name, got)
			}
		}
	}
}

// The time itself is not measured, which no shared machine allows, but what takes it: the same hashes
// are computed and the same memory is taken, whether the name is known and the password right or not.
func TestUnknownUsersCostTheSameWork(t *testing.T) {
	s, _ := newServer(t, func(cfg *ServerConfig) { cfg.MaxFailures = 1 << 30 })
	challenge := s.Challenge("", phone, false)
	allocations := func(p signer) float64 {
		attempt := p.sign(t, challenge)
		return testing.AllocsPerRun(200, func() { s.Verify(attempt) })
	}
	for _, a := range []Algorithm{SHA256, MD5} {
		unknown := allocations(signer{algorithm: a, user: "caroz", password: "christmas"})
		for name, p := range map[string]signer{
			"wrong password":       {algorithm: a, user: "carol", password: "christmat"},
			"right password":       {algorithm: a, user: "carol"},
			"algorithm not theirs": {algorithm: a, user: "alice"},
		} {
			if got := allocations(p); got != unknown {
				t.Errorf("%s, %s: %v allocations, %v for an unknown user", a, name, got, unknown)
			}
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	s, _ := newServer(b, func(cfg *ServerConfig) { cfg.MaxFailures = 1 << 30 })
	challenge := s.Challenge("", phone, false)
	for name, p := range map[string]signer{
		"known": {}, "wrong": {password: "wonderlane"}, "unknown": {user: "alicf", password: "wonderland"},
	} {
		attempt := p.sign(b, challenge)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s.Verify(attempt)
			}
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	ha1 := map[Algorithm]string{SHA256: SHA256.hash("x")}
	for name, cfg := range map[string]ServerConfig{
		"no realm":          {},
		"realm with CR":     {Realm: "a\rb"},
		"short key":         {Realm: realm, Key: make([]byte, 31)},
		"long life":         {Realm: realm, NonceLife: time.Hour},
		"negative limit":    {Realm: realm, MaxFailures: -1},
		"user without name": {Realm: realm, Users: []Account{{Password: "x"}}},
		"without password":  {Realm: realm, Users: []Account{{Name: "a"}}},
		"with both":         {Realm: realm, Users: []Account{{Name: "a", Password: "x", HA1: ha1}}},
		"colon in the name": {Realm: realm, Users: []Account{{Name: "a:b", Password: "x"}}},
		"LF in the name":    {Realm: realm, Users: []Account{{Name: "a\nb", Password: "x"}}},
		"HA1 too short":     {Realm: realm, Users: []Account{{Name: "a", HA1: map[Algorithm]string{SHA256: "abcd"}}}},
		"HA1 of unknown":    {Realm: realm, Users: []Account{{Name: "a", HA1: map[Algorithm]string{"SHA-1": "abcd"}}}},
		"given twice":       {Realm: realm, Users: []Account{{Name: "a", Password: "x"}, {Name: "a", Password: "y"}}},
	} {
		if _, err := NewServer(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "abcd") {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
	}
}

// FuzzCredentials checks that what is read can be written and read again, that only the user who
// signed gets in, once, and for nothing else than what was signed.
func FuzzCredentials(f *testing.F) {
	s, _ := newServer(f, func(cfg *ServerConfig) { cfg.Key = make([]byte, 32) }) // the same in every process
	challenge := s.Challenge("", phone, false)
	good := signer{}.sign(f, challenge).Credentials[0]
	for _, seed := range []string{
		good, good + ", x", strings.ToUpper(good), `Digest username="a\"b", realm=hotline,, nonce=a/b==`, "Digest", "Digest ,", `Digest a="\`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		c, err := parseCredentials(header)
		if err != nil {
			return
		}
		again, err := parseCredentials(c.String())
		if isTokenOrEmpty(c.algorithm, c.qop, c.nc) && (c.qop == "" || c.nc != "") {
			written := c
			if c.qop == "" {
				written.nc, written.cnonce = "", "" // not written without qop
			}
			if err != nil || again != written {
				t.Fatalf("%+v was written as %q and read as %+v, %v", c, c.String(), again, err)
			}
		}
		attempt := Attempt{Method: "REGISTER", URI: uri, Source: phone, Credentials: []string{header}}
		if result := s.Verify(attempt); result.Outcome == Accepted && (result.User != "alice" || c.username != "alice") {
			t.Fatalf("%q was accepted for %s", header, result.User)
		}
		for _, other := range []Attempt{
			attempt,
			{Method: "INVITE", URI: uri, Source: phone, Credentials: attempt.Credentials},
			{Method: "REGISTER", URI: "sip:x@gw.example.com", Source: phone, Credentials: attempt.Credentials},
			{Method: "REGISTER", URI: uri, Source: stranger, Credentials: attempt.Credentials},
		} {
			if s.Verify(other).Outcome == Accepted {
				t.Fatalf("%q was accepted for %+v", header, other)
			}
		}
	})
}

func isTokenOrEmpty(list ...string) bool {
	for _, s := range list {
		if tokenEnd(s) != len(s) {
			return false
		}
	}
	return true
}

func ExampleServer() {
	s, _ := NewServer(ServerConfig{Realm: "hotline", Users: []Account{{Name: "8001", Password: "secret"}}})
	from := netip.MustParseAddr("192.0.2.1")
	c, _ := NewClient("hotline", Account{Name: "8001", Password: "secret"})

	authorization, _ := c.Begin("REGISTER", "sip:hotline").Answer(s.Challenge("", from, false))
	fmt.Println(s.Verify(Attempt{Method: "REGISTER", URI: "sip:hotline", Source: from, Credentials: []string{authorization}}))
	// Output: {accepted 8001}
}
