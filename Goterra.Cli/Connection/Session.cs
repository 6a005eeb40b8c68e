namespace Goterra.Cli.Connection;

/// <summary>What a command talks to: the server, with a credential and a deadline.</summary>
internal sealed class Session(
    StoreAddress address, string deployment, IStoreClient client, TimeSpan timeout, Func<TimeSpan, PatientClient> patience) : IDisposable
{
    public StoreAddress Address { get; } = address;

    /// <summary>Empty where the command is about none.</summary>
    public string Deployment { get; } = deployment;

    /// <summary>Where a new token goes that takes the place of the one in use; null: to stdout.</summary>
    public ITokenPlace? TokenPlace { get; init; }

    /// <summary>Gives up when the command's time is over.</summary>
    public PatientClient Patient { get; } = patience(timeout);

    /// <summary>What GOT_FENCE holds each write against; null: nothing.</summary>
    public Fence? Fence { get; init; }

    /// <summary>The same, with a time of its own that begins now.</summary>
    public PatientClient Within(TimeSpan time) => patience(time);

    /// <summary>The end of a command whose answer is no success.</summary>
    public CliException Failure(string doing, Reply reply)
    {
        var failure = Verdict.Failure(doing, reply);
        return new CliException(failure.ExitCode, Redact(failure.Message));
    }

    /// <summary>For words of the server that are passed on.</summary>
    public string Redact(string text) => client.Redact(text);

    public void Dispose() => client.Dispose();
}
