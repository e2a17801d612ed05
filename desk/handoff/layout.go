package handoff

// Layout is who is together on the line.
type Layout string

// The layouts. The bot is heard by the person alone.
const (
	WithBot  Layout = "bot"      // the person hears the bot; a service, when one is there, talks with the person
	Together Layout = "together" // everybody
	Apart    Layout = "apart"    // the person waits; agent and second party talk
)

// Role is what somebody on the line is to the others.
type Role string

// The roles.
const (
	RoleCaller     Role = "caller"
	RoleBot        Role = "bot"
	RoleAgent      Role = "agent"
	RolePeer       Role = "peer"
	RoleService    Role = "service"
	RoleSupervisor Role = "supervisor"
)

// Mode is how a supervisor takes part.
type Mode string

// The modes.
const (
	Listening  Mode = "listen"  // heard by nobody
	Whispering Mode = "whisper" // heard by the agent
	Barging    Mode = "barge"   // heard by all
)

// Party is somebody on the line.
type Party struct {
	Role  Role
	Mode  Mode // of a supervisor
	Muted bool
	Aside bool // is told something first: hears nobody of the conversation and is heard by nobody
}

// Hears tells whether one party hears another. It is asked for every pair whenever somebody joins,
// leaves or changes, before any sound passes, so nobody is ever heard by mistake.
func Hears(l Layout, listener, speaker Party) bool {
	switch {
	case speaker.Muted, speaker.Aside, listener.Aside:
		return false
	case listener.Role == RoleBot: // it listens to the person by itself
		return false
	case listener.Role == RoleSupervisor:
		return speaker.Role != RoleSupervisor || speaker.Mode == Barging
	case speaker.Role == RoleSupervisor:
		switch speaker.Mode {
		case Whispering:
			return listener.Role == RoleAgent
		case Barging:
			return listener.Role != RoleCaller || l != Apart
		}
		return false
	case speaker.Role == RoleBot:
		return listener.Role == RoleCaller
	}
	onCallersSide := func(r Role) bool { return r == RoleCaller || r == RoleService }
	switch l {
	case Together:
		return true
	case Apart:
		return onCallersSide(listener.Role) == onCallersSide(speaker.Role)
	}
	return onCallersSide(listener.Role) && onCallersSide(speaker.Role)
}
