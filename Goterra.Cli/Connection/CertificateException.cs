using System.Security.Authentication;

namespace Goterra.Cli.Connection;

/// <summary>The server's certificate was not accepted.</summary>
/// <param name="message">For people, with what helps.</param>
/// <param name="passes">It may be good later, without anybody's help.</param>
/// <param name="isAboutTime">By another clock it would be good.</param>
internal sealed class CertificateException(string message, bool passes, bool isAboutTime) : AuthenticationException(message)
{
    public bool Passes { get; } = passes;

    public bool IsAboutTime { get; } = isAboutTime;
}
