package config

import "time"

// Caller is what the commands that enter a room have in common.
type Caller struct {
	Name     string `name:"name" env:"PARLEY_NAME" placeholder:"NAME" help:"What others see. Default: your user name."`
	Password string `name:"password" env:"PARLEY_PASSWORD" placeholder:"PASSWORD" help:"Password of the room. Better set in the environment: the command line is visible to others on the machine."`
	Insecure bool   `name:"insecure" env:"PARLEY_INSECURE" help:"Do not check the server's certificate. Who is in between can read and change everything."`
}

// Send is the configuration of parley send.
type Send struct {
	Files  []string `arg:"" name:"file" help:"Files and folders to send."`
	Server string   `name:"server" env:"PARLEY_SERVER" placeholder:"URL" help:"Server to meet at. Default: one on this machine, at https://localhost:8443 or http://localhost:8080."`
	Room   string   `name:"room" env:"PARLEY_ROOM" placeholder:"NAME" help:"Room to meet in; the link stays the same each time. Default: a new one that nobody can guess."`
	Once   bool     `name:"once" env:"PARLEY_ONCE" help:"End when somebody has everything."`
	Caller
}

// Get is the configuration of parley get.
type Get struct {
	Link   string        `arg:"" name:"link" help:"The link of the room."`
	Output string        `name:"output" short:"o" env:"PARLEY_OUTPUT" default:"." placeholder:"DIR" help:"Folder to put the files in; it is made if it does not exist."`
	Wait   time.Duration `name:"wait" env:"PARLEY_WAIT" default:"1m" help:"How long to wait for somebody who sends, at the start and whenever the sender is gone."`
	Caller
}

// Doctor is the configuration of parley doctor.
type Doctor struct {
	URL      string        `arg:"" name:"url" help:"The server, such as https://meet.example.org."`
	JSON     bool          `name:"json" env:"PARLEY_JSON" help:"Write the report as JSON."`
	Duration time.Duration `name:"duration" env:"PARLEY_DURATION" default:"2s" help:"How long to measure each way through the relay: 500ms to 30s."`
	Insecure bool          `name:"insecure" env:"PARLEY_INSECURE" help:"Do not check the server's certificate."`
}
