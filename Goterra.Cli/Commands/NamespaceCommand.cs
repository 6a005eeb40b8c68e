using System.CommandLine;
using Goterra.Cli.Connection;

namespace Goterra.Cli.Commands;

/// <summary>`namespace`: the token that opens all deployments of one.</summary>
internal sealed class NamespaceCommand : Command
{
    public NamespaceCommand(SessionFactory sessions, CliEnvironment environment)
        : base("namespace", "A token for all deployments of a namespace, and its end; for its owners, needs GOT_APIKEY")
    {
        Add(new NamespaceTokenCommand("token", "Print a token that opens all deployments of the namespace, those to come too", sessions, environment));
        Add(new NamespaceTokenCommand("revoke", "Make all tokens of the namespace worthless, but not those of its deployments; prints a new one", sessions, environment));
    }
}
