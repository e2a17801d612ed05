// Package account is the people who log in at the console: who they are, what they may do, how they
// prove it, and the record of all that. Passwords are kept as argon2id (RFC 9106), second factors are
// codes by time (RFC 6238), a session is a random token of which only the hash is kept. Who guesses
// passwords is slowed down and locked out, and learns nothing from what is answered or how long it takes.
package account

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/hotline-cc/hotline"
)

// Role is what somebody is at the hotline. It says what a session may do.
type Role string

// The roles.
const (
	RoleAgent         Role = "agent"         // talks to callers
	RoleSupervisor    Role = "supervisor"    // looks after agents and reads conversations
	RoleKnowledge     Role = "knowledge"     // edits knowledge and flows
	RoleAdministrator Role = "administrator" // looks after users, and reads no conversation
	RoleAuditor       Role = "auditor"       // reads the record, and changes nothing
)

// Roles lists them.
func Roles() []Role {
	return []Role{RoleAgent, RoleSupervisor, RoleKnowledge, RoleAdministrator, RoleAuditor}
}

// User is somebody who may log in. A user is never removed, so that the record stays true; login and ID
// do not change.
type User struct {
	ID       string // 16 hex digits
	Login    string // small letters, digits, . _ -
	Name     string // as it is shown
	Roles    []Role
	Disabled bool

	Password   string // argon2id in PHC form
	PasswordAt time.Time
	MustChange bool // the password was chosen by somebody else

	Secret   string   // of codes by time, sealed; "" while there is no second factor
	Pending  string   // one that is not confirmed yet
	Step     int64    // of the last code that was taken
	Recovery []string // hashes of the recovery codes that are left

	Created   time.Time
	LastLogin time.Time // zero for never
}

// Is tells whether the user has a role.
func (u User) Is(r Role) bool { return slices.Contains(u.Roles, r) }

// Session is a log-in that has not ended.
type Session struct {
	Hash    string // SHA-256 of the token, in hex
	User    string // ID
	Address string // that it began at
	Created time.Time
	Used    time.Time // exact to a fifteenth of the idle time
	Expires time.Time // however much it is used
}

// Must is what a person has to do before anything else.
type Must string

// What there is to be done.
const (
	MustChangePassword Must = "must_change"
	MustEnrol          Must = "must_enrol" // a second factor
)

// Person is somebody who is logged in.
type Person struct {
	User
	Session Session
	Must    []Must
}

// From is where a request comes from.
type From struct {
	Address netip.Addr
	Network string // what failures are counted by: the address, or the network that one customer has
}

func (f From) address() string {
	if !f.Address.IsValid() {
		return ""
	}
	return f.Address.String()
}

// Actor is who does something to a user. The zero ID is nobody who has an account.
type Actor struct {
	ID   string
	Name string // login, or what else names them in the record
	From
}

// Actor returns the person as somebody who does something.
func (p Person) Actor(from From) Actor { return Actor{ID: p.ID, Name: p.Login, From: from} }

var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,31}$`)

// foldLogin makes what was typed a login, "" when it can be none.
func foldLogin(text string) string {
	login := strings.ToLower(strings.TrimSpace(norm.NFKC.String(text)))
	if !loginForm.MatchString(login) {
		return ""
	}
	return login
}

const maxName = 64 // characters

const opCheck = "check user"

func checkUser(u User) error {
	switch {
	case u.Login == "":
		return hotline.Errorf(opCheck, hotline.CodeInvalid, "登录名应为 2–32 个小写字母、数字或 . _ - want 2 to 32 of small letters, digits, . _ -")
	case strings.TrimSpace(u.Name) == "" || utf8.RuneCountInString(u.Name) > maxName || strings.ContainsFunc(u.Name, hidden):
		return hotline.Errorf(opCheck, hotline.CodeInvalid, "姓名应为 1–%d 个可见字符 the name wants 1 to %d visible characters", maxName, maxName)
	}
	return checkRoles(u.Roles)
}

// hidden tells whether a character can make a text look like another one.
func hidden(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// checkRoles holds the separation that MLPS asks for: who audits does nothing that is audited.
func checkRoles(roles []Role) error {
	if len(roles) == 0 {
		return hotline.Errorf(opCheck, hotline.CodeInvalid, "至少要有一个角色 a role is needed")
	}
	for i, r := range roles {
		if !slices.Contains(Roles(), r) || slices.Contains(roles[:i], r) {
			return hotline.Errorf(opCheck, hotline.CodeInvalid, "没有这个角色，或重复 no such role, or twice: %.20q", r)
		}
	}
	if slices.Contains(roles, RoleAuditor) && len(roles) > 1 {
		return hotline.Errorf(opCheck, hotline.CodeInvalid, "审计员不能兼任其他角色 an auditor has no other role")
	}
	return nil
}
