using System.CommandLine;
using Goterra.Cli.Output;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

internal sealed record CommandContext(SessionFactory Sessions, CliEnvironment Environment, StatusWriter StatusWriter);

/// <summary>A command of the program. Derived classes declare its options and arguments.</summary>
internal abstract class ClientCommand : Command
{
    private readonly CommandContext _context;

    protected ClientCommand(string name, string description, CommandContext context)
        : base(name, description)
    {
        _context = context;
        SetAction(RunAsync);
    }

    public string? Usage { get; protected init; }

    protected SessionFactory Sessions => _context.Sessions;

    protected CliEnvironment Environment => _context.Environment;

    protected StatusWriter StatusWriter => _context.StatusWriter;

    protected TextStyle Style => new(
        Environment.OutputIsTerminal && string.IsNullOrEmpty(Environment.Variable("NO_COLOR")));

    protected ValueOutput Output => new(_context.Environment.Output);

    /// <summary>Returns the exit code.</summary>
    protected abstract Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken);
}
