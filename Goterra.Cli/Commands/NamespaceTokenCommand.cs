using System.CommandLine;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`namespace token NS` and `namespace revoke NS`, which both print a token.</summary>
internal sealed class NamespaceTokenCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    private readonly Argument<string> _namespace = new("NAMESPACE") { Description = "The namespace" };

    public NamespaceTokenCommand(string name, string description, SessionFactory sessions, CliEnvironment environment)
        : base(name, description)
    {
        (_sessions, _environment) = (sessions, environment);
        Add(_namespace);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var doing = $"namespace {Name}";
        var path = $"namespaces/{NamespaceName.Parse(parsed.GetRequiredValue(_namespace))}/{Name}";
        using var session = _sessions.ForUser(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout));

        var (reply, _) = await session.Patient.SendAsync(doing, new StoreRequest(HttpMethod.Post, session.Address.Common(path)), cancellationToken);
        if (!reply.IsSuccess)
            throw session.Failure(doing, reply);
        var issued = IssuedToken.Read(reply.Body) ?? throw Verdict.NotOurs(doing);
        new ValueOutput(_environment.Output).WriteText(issued.Token + "\n");
        return (int)ExitCode.Done;
    }
}
