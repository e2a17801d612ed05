// Package config reads the gateway's one configuration file: YAML over defaults, with every value
// checked. It is read before anything else exists, so it knows no other part of the gateway: cmd
// hands its values on.
//
// A want tag gives the values a field may take, as low…high or as choices a|b; errors print it.
package config

import (
	_ "embed" // for the sample
	"net/netip"
	"time"

	"gopkg.in/yaml.v3"
)

// Config is the whole file. Sample explains every field.
type Config struct {
	Data         string        `yaml:"data" want:"a folder"`
	DrainTimeout time.Duration `yaml:"drain_timeout" want:"0s…1h"`
	SIP          SIP           `yaml:"sip"`
	Media        Media         `yaml:"media"`
	Speech       Speech        `yaml:"speech"`
	Dialog       Dialog        `yaml:"dialog"`
	Call         Call          `yaml:"call"`
	Recording    Recording     `yaml:"recording"`
	Storage      Storage       `yaml:"storage"`
	HTTP         HTTP          `yaml:"http"`
	Chat         Chat          `yaml:"chat"`
	Survey       Survey        `yaml:"survey"`
	WebRTC       WebRTC        `yaml:"webrtc"`
	Desk         Desk          `yaml:"desk"`
	Accounts     Accounts      `yaml:"accounts"`
	Log          Log           `yaml:"log"`
}

// SIP is the phone front end.
type SIP struct {
	Listen         []Listen      `yaml:"listen"`
	Advertise      string        `yaml:"advertise"`
	Realm          string        `yaml:"realm" want:"a name"`
	RequireAuth    bool          `yaml:"require_auth"`
	Users          []User        `yaml:"users"`
	Trunks         []Trunk       `yaml:"trunks"`
	Limits         Limits        `yaml:"limits"`
	SessionExpires time.Duration `yaml:"session_expires" want:"90s…24h"`
	MinSE          time.Duration `yaml:"min_se" want:"90s…24h"`
	SRTP           string        `yaml:"srtp" want:"off|optional|required"`
	Codecs         []string      `yaml:"codecs" want:"opus|G722|PCMA|PCMU"`
}

// Listen is one socket for SIP. Cert and Key are PEM files, for tls only.
type Listen struct {
	Network string         `yaml:"network" want:"udp|tcp|tls"`
	Address netip.AddrPort `yaml:"address" want:"IP:port"`
	Cert    string         `yaml:"cert,omitempty"`
	Key     string         `yaml:"key,omitempty"`
}

// User is somebody who may log in. It has either Password or HA1, the hash of name:realm:password
// in hex. The challenge is SHA-256 unless Algorithms allows MD5, which it does when it is empty: most
// phones know nothing else.
type User struct {
	Name       string   `yaml:"name" want:"a name"`
	Password   Secret   `yaml:"password,omitempty"`
	HA1        Secret   `yaml:"ha1,omitempty"`
	Algorithms []string `yaml:"algorithms,omitempty" want:"MD5|SHA-256"`
}

// Trunk is the line of a carrier or a PBX. Learning and SRTP may be empty: then Media.Learning and
// SIP.SRTP count.
type Trunk struct {
	Name            string         `yaml:"name" want:"a name"`
	Servers         []Server       `yaml:"servers"`
	Domain          string         `yaml:"domain"`
	Username        string         `yaml:"username"`
	AuthUser        string         `yaml:"auth_user"`
	Password        Secret         `yaml:"password"`
	Register        bool           `yaml:"register"`
	Expires         time.Duration  `yaml:"expires" want:"1m…24h" default:"10m"`
	OptionsInterval time.Duration  `yaml:"options_interval" want:"0s…1h" default:"30s"`
	Sources         []netip.Prefix `yaml:"sources" want:"IP prefix such as 203.0.113.0/24"`
	Advertise       string         `yaml:"advertise"`
	Learning        string         `yaml:"learning" want:"|near|never|any"`
	SRTP            string         `yaml:"srtp" want:"|off|optional|required"`
}

// Server is one way to a trunk. Address is host:port.
type Server struct {
	Network string `yaml:"network" want:"udp|tcp|tls"`
	Address string `yaml:"address" want:"host:port"`
}

// Limits is how much is taken on. Rate is in calls per second.
type Limits struct {
	Calls     int       `yaml:"calls" want:"1…10000"`
	Setups    int       `yaml:"setups" want:"1…10000"`
	Rate      int       `yaml:"rate" want:"1…10000"`
	PerSource PerSource `yaml:"per_source"`
}

// PerSource bounds what one address may send: Rate messages per second, Burst at once. Sources
// addresses are remembered.
type PerSource struct {
	Rate    int `yaml:"rate" want:"1…100000"`
	Burst   int `yaml:"burst" want:"1…100000"`
	Sources int `yaml:"sources" want:"16…1000000"`
}

// Media is how sound travels.
type Media struct {
	Address    netip.Addr `yaml:"address" want:"an IP address"`
	Advertise  netip.Addr `yaml:"advertise" want:"an IP address or nothing"`
	Ports      Ports      `yaml:"ports"`
	Learning   string     `yaml:"learning" want:"near|never|any"`
	Jitter     Jitter     `yaml:"jitter"`
	InbandDTMF bool       `yaml:"inband_dtmf"`
	// Silence is after how long a telephone that sends nothing is asked whether it is still there; 0 never.
	Silence time.Duration `yaml:"silence" want:"0s…10m"`
}

// Ports bounds the UDP ports for sound, both included.
type Ports struct {
	Low  uint16 `yaml:"low" want:"1024…65535"`
	High uint16 `yaml:"high" want:"1024…65535"`
}

// Jitter bounds the delay that evens out the network.
type Jitter struct {
	Start time.Duration `yaml:"start" want:"20ms…400ms"`
	Min   time.Duration `yaml:"min" want:"20ms…400ms"`
	Max   time.Duration `yaml:"max" want:"20ms…400ms"`
}

// Speech is recognition and synthesis. Threads 0 means every core.
type Speech struct {
	Child       bool   `yaml:"child"`
	Models      string `yaml:"models"`
	Threads     int    `yaml:"threads" want:"0…256"`
	MemoryLimit Bytes  `yaml:"memory_limit" want:"512MiB…1TiB"`
	ASR         ASR    `yaml:"asr"`
	TTS         TTS    `yaml:"tts"`
}

// ASR is the recogniser. With a URL it is a remote one.
type ASR struct {
	Model    string        `yaml:"model" want:"a name or a path"`
	URL      string        `yaml:"url"`
	APIKey   Secret        `yaml:"api_key"`
	Timeout  time.Duration `yaml:"timeout" want:"1s…1m"`
	Hotwords string        `yaml:"hotwords" want:"off|prompt"`
}

// TTS is the synthesiser. With a URL it is a remote one.
type TTS struct {
	Model     string        `yaml:"model" want:"a name or a path"`
	Voice     string        `yaml:"voice" want:"a name"`
	Speed     float64       `yaml:"speed" want:"0.5…2"`
	URL       string        `yaml:"url"`
	APIKey    Secret        `yaml:"api_key"`
	Timeout   time.Duration `yaml:"timeout" want:"1s…1m"`
	Cache     Bytes         `yaml:"cache" want:"1MiB…1TiB"`
	Prerender string        `yaml:"prerender"`
}

// Dialog is what is talked about. Pack is a folder or the name of a pack that is built in; "" is yunzhou.
type Dialog struct {
	Pack string `yaml:"pack"`
}

// Call is turn-taking; package call explains the fields.
type Call struct {
	VoiceOn        float64       `yaml:"voice_on" want:"0.01…1"`
	VoiceOff       float64       `yaml:"voice_off" want:"0.01…1"`
	Onset          time.Duration `yaml:"onset" want:"1ms…30s"`
	BargeOnset     time.Duration `yaml:"barge_onset" want:"1ms…30s"`
	PreRoll        time.Duration `yaml:"pre_roll" want:"1ms…30s"`
	SpeculateAfter time.Duration `yaml:"speculate_after" want:"1ms…30s"`
	EndShort       time.Duration `yaml:"end_short" want:"1ms…30s"`
	EndNormal      time.Duration `yaml:"end_normal" want:"1ms…30s"`
	EndLong        time.Duration `yaml:"end_long" want:"1ms…30s"`
	MaxUtterance   time.Duration `yaml:"max_utterance" want:"1ms…30s"`
	DecideAfter    time.Duration `yaml:"decide_after" want:"1ms…30s"`
	YieldAfter     time.Duration `yaml:"yield_after" want:"1ms…30s"`
	TailTurn       time.Duration `yaml:"tail_turn" want:"1ms…30s"`
	JoinWithin     time.Duration `yaml:"join_within" want:"1ms…30s"`
	JoinHeard      time.Duration `yaml:"join_heard" want:"1ms…30s"`
	FillerAfter    time.Duration `yaml:"filler_after" want:"1ms…30s"`
	GiveUpAfter    time.Duration `yaml:"give_up_after" want:"1ms…30s"`
	FirstAudio     time.Duration `yaml:"first_audio" want:"1ms…30s"`
}

// Recording is what is kept of the sound. An empty Dir is recordings/ in the data folder.
type Recording struct {
	Enabled       bool          `yaml:"enabled"`
	Dir           string        `yaml:"dir"`
	Segment       time.Duration `yaml:"segment" want:"1s…1h"`
	RetentionDays int           `yaml:"retention_days" want:"0…36500"`
}

// Storage is the database. An empty URL is SQLite in the data folder. The URL may hold a password.
type Storage struct {
	URL Secret `yaml:"url"`
}

// HTTP is the text channel, the API, health and metrics. The zero Listen is none. Cert and Key are PEM
// files; without them it is plain HTTP.
type HTTP struct {
	Listen         netip.AddrPort `yaml:"listen" want:"IP:port or nothing"`
	Cert           string         `yaml:"cert"`
	Key            string         `yaml:"key"`
	Visitors       bool           `yaml:"visitors"`
	TokenLife      time.Duration  `yaml:"token_life" want:"1m…24h"`
	Origins        []string       `yaml:"origins" want:"https://host"`
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies" want:"IP prefix such as 10.0.0.0/8"`
	MetricsFrom    []netip.Prefix `yaml:"metrics_from" want:"IP prefix such as 10.0.0.0/8"`
	Limits         HTTPLimits     `yaml:"limits"`
}

// HTTPLimits is how much is taken on of whom; package api explains the fields.
type HTTPLimits struct {
	Visitor    HTTPRate `yaml:"visitor"`
	Address    HTTPRate `yaml:"address"`
	Key        HTTPRate `yaml:"key"`
	Person     HTTPRate `yaml:"person"`
	LogIn      HTTPRate `yaml:"log_in"`
	PerAddress int      `yaml:"per_address" want:"1…100000"`
	PerVisitor int      `yaml:"per_visitor" want:"1…100000"`
	Streams    int      `yaml:"streams" want:"1…100000"`
}

// HTTPRate bounds requests: Rate per second, Burst at once.
type HTTPRate struct {
	Rate  float64 `yaml:"rate" want:"0.1…100000"`
	Burst int     `yaml:"burst" want:"1…100000"`
}

// Chat is text conversations.
type Chat struct {
	Idle time.Duration `yaml:"idle" want:"1m…24h"`
	Open int           `yaml:"open" want:"1…1000000"`
}

// Survey is the links by which people are asked for a grade after a conversation. Service is what they are told the service
// is called; URL is where they reach this gateway, empty for the address at which a link was asked for.
type Survey struct {
	Service string        `yaml:"service" want:"a name or nothing"`
	URL     string        `yaml:"url" want:"https://host or nothing"`
	Life    time.Duration `yaml:"life" want:"1h…2160h"`
}

// WebRTC is calls from browsers: citizens and the headsets of agents. It needs HTTP; an empty Listen is
// none. Advertise are the addresses that browsers are told instead of those of the machine. PerAddress
// bounds the callers at one address; the headsets of agents do not count.
type WebRTC struct {
	Listen     []netip.AddrPort `yaml:"listen" want:"IP:port"`
	TCP        netip.AddrPort   `yaml:"tcp" want:"IP:port or nothing"`
	Advertise  []netip.Addr     `yaml:"advertise" want:"an IP address"`
	STUN       []string         `yaml:"stun" want:"stun:host:port"`
	TURN       []string         `yaml:"turn" want:"turn:host:port"`
	TURNSecret Secret           `yaml:"turn_secret"`
	Linger     time.Duration    `yaml:"linger" want:"1s…5m"`
	Legs       int              `yaml:"legs" want:"1…10000"`
	PerAddress int              `yaml:"per_address" want:"1…10000"`
}

// Desk is people who take conversations. Trunk is the line that numbers are called by. Services are the
// numbers behind 110, 119 and 120; one that is not named is not joined. LastAgent is how long after a talk its
// agent is preferred. Numbers is a CSV file with where telephone numbers are from, over the table that is built in.
type Desk struct {
	Enabled   bool              `yaml:"enabled"`
	Trunk     string            `yaml:"trunk" want:"the name of a trunk or nothing"`
	Services  map[string]string `yaml:"services"`
	Allow     []string          `yaml:"allow" want:"a number, or its beginning and *"`
	Dial      time.Duration     `yaml:"dial" want:"5s…3m"`
	Grace     time.Duration     `yaml:"grace" want:"1s…1m"`
	ChatGrace time.Duration     `yaml:"chat_grace" want:"1s…5m"`
	Captions  bool              `yaml:"captions"`
	LastAgent time.Duration     `yaml:"last_agent" want:"0s…8760h"`
	Numbers   string            `yaml:"numbers"`
}

// Accounts is how people log in; package account explains the fields.
type Accounts struct {
	Idle            time.Duration `yaml:"idle" want:"1m…24h"`
	Life            time.Duration `yaml:"life" want:"5m…168h"`
	Sessions        int           `yaml:"sessions" want:"1…100"`
	Failures        int           `yaml:"failures" want:"3…100"`
	AddressFailures int           `yaml:"address_failures" want:"3…100000"`
	Lock            time.Duration `yaml:"lock" want:"1m…24h"`
	Password        Password      `yaml:"password"`
	TOTP            []string      `yaml:"totp" want:"agent|supervisor|knowledge|administrator|auditor"`
	Issuer          string        `yaml:"issuer" want:"a name"`
}

// Password is what passwords have to be.
type Password struct {
	Length     int `yaml:"length" want:"8…64"`
	Classes    int `yaml:"classes" want:"0…4"`
	MaxAgeDays int `yaml:"max_age_days" want:"0…3650"`
}

// Log is what is written about the gateway itself.
type Log struct {
	Level  string `yaml:"level" want:"debug|info|warn|error"`
	Format string `yaml:"format" want:"text|json"`
}

//go:embed hotline.yaml
var sample string

// Sample returns a file that explains every setting and sets it to its default.
func Sample() string { return sample }

// String returns the configuration as YAML with its secrets masked.
func (c *Config) String() string {
	text, err := yaml.Marshal(c)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
