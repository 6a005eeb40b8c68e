namespace Goterra.Tests.Unit.OpenApi;

[Trait("Category", "Unit")]
public sealed class SwaggerPageTests(SwaggerFixture swagger) : IClassFixture<SwaggerFixture>
{
    [Fact]
    public async Task Page_Loaded_CallsNobodyElse()
    {
        var (response, page) = await swagger.GetAsync("/swagger/index.html");

        Assert.Equal(200, response.StatusCode);
        Assert.DoesNotContain("//", page.Replace("<!--", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains(
            "default-src 'none'", response.Headers.ContentSecurityPolicy.ToString(), StringComparison.Ordinal);
        Assert.Contains(
            "connect-src 'self'", response.Headers.ContentSecurityPolicy.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"persistAuthorization\":false")]
    [InlineData("\"tryItOutEnabled\":true")]
    [InlineData("\"deepLinking\":true")]
    [InlineData("\"displayRequestDuration\":true")]
    [InlineData("\"url\":\"v1/swagger.json\"")]
    public async Task Page_Settings_LetOneWorkInIt(string setting)
    {
        var (_, script) = await swagger.GetAsync("/swagger/index.js");

        Assert.Contains(setting, script, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Document_OverHttp_IsTheOneThatWasChecked()
    {
        var (response, json) = await swagger.GetAsync("/swagger/v1/swagger.json");

        Assert.Equal("application/json;charset=utf-8", response.ContentType);
        Assert.Equal(swagger.Json.ReplaceLineEndings(), json.ReplaceLineEndings());
    }
}
